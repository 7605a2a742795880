import { randomUUID } from 'node:crypto';
import { PutCommand, ScanCommand } from '@aws-sdk/lib-dynamodb';
import type { Channel } from '@rollcall/kit/internal/contracts/channel';
import type { MessageContract } from '@rollcall/kit/internal/contracts/contract';
import { createMessage, encodeMessage, type MessageInput } from '@rollcall/kit/internal/messaging/message';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createOptOuts } from '../../functions/sms/opt-outs.ts';
import type { SmsFault } from '../../ops/sms-sandbox/faults.ts';
import { pointsCommands, registrationOutcomes, smsCommands } from '../../shared/contracts/channels.ts';
import { redeemPoints } from '../../shared/contracts/redeem-points.v1.ts';
import { redemptionSettled } from '../../shared/contracts/redemption-settled.v1.ts';
import { sendSms } from '../../shared/contracts/send-sms.v1.ts';
import { memberIdOf, registered, sqsRecord } from '../support/builders.ts';
import { eventually, newPhone, startTestCloud, type TestCloud } from '../support/cloud.ts';

let cloud: TestCloud;
beforeAll(async () => {
  cloud = await startTestCloud();
});
afterAll(() => cloud.stop());

/** Registers a member, who gets the bonus of 100 points. */
async function member(): Promise<{ id: string; phone: string }> {
  const phone = newPhone();
  const { body } = await cloud.request('POST', '/v1/members', { phone, name: 'Lucía García', locale: 'es' });
  await eventually(async () => (await points(body.id)).status === 200);
  return { id: body.id, phone };
}

const points = (id: string) => cloud.request('GET', `/v1/members/${id}/points`);
const operation = async (id: string) => (await cloud.request('GET', `/v1/operations/${id}`)).body;
const redeem = (id: string, body: object, headers: Record<string, string> = {}) =>
  cloud.request('POST', `/v1/members/${id}/redemptions`, body, headers);
const ended = (id: string) =>
  eventually(async () => {
    const found = await operation(id);
    return found.state !== 'pending' && found;
  });

const REGISTRATION = 'registration-outbox-relay';
const POINTS = 'points-commands-consume';
/** Sends a message directly to the queue of a channel, with the role of a service's function. */
const send = (fn: string, { name }: Channel, group: string, body: string, role = fn) =>
  cloud.sendAs(fn, name, group, body, role);

function messageBody<C extends MessageContract>(
  contract: C,
  subject: string,
  input: Partial<MessageInput<C>> & Pick<MessageInput<C>, 'data'>,
) {
  const message = createMessage(contract, {
    id: randomUUID(),
    source: `/rollcall/${contract.type === redeemPoints.type ? 'registration' : 'points'}`,
    subject,
    time: new Date(),
    ...input,
  });
  return encodeMessage(contract, message);
}

const parked = (consumer: string, aggregateId: string) =>
  eventually(async () => (await cloud.items(consumer, aggregateId)).find(({ sk }) => sk.startsWith('parked#')));

describe('a redemption', () => {
  it('is an operation that ends with the reply of the points service; the member gets an SMS', async () => {
    const { id, phone } = await member();
    const { status, headers, body } = await redeem(id, { points: 40 });
    expect([status, headers.get('location')]).toEqual([202, `/v1/operations/${body.id}`]);
    expect(body).toMatchObject({ memberId: id, state: 'pending', points: 40 });
    expect(await ended(body.id)).toMatchObject({ state: 'succeeded', result: { balance: 60 } });
    expect((await points(id)).body).toMatchObject({ balance: 60, entries: [{ points: 100 }, { points: -40 }] });
    const texts = await eventually(async () => {
      const sent = await cloud.texts(phone);
      return sent.length === 2 && sent;
    });
    expect(texts.map(({ text }) => text)).toContain('Has canjeado 40 puntos. Te quedan 60.');
  });

  it('returns the result if the caller waits for it, and returns immediately otherwise', async () => {
    const { id } = await member();
    const waited = await redeem(id, { points: 10 }, { prefer: 'respond-async, wait=15' });
    expect([waited.status, waited.headers.get('preference-applied')]).toEqual([200, 'wait=15']);
    expect(waited.body).toMatchObject({ state: 'succeeded', result: { balance: 90 } });
    const later = await redeem(id, { points: 10 });
    expect([later.status, later.headers.get('preference-applied')]).toEqual([202, null]);
    const seen = await cloud.request('GET', later.headers.get('location') ?? '', undefined, { prefer: 'wait=15' });
    expect(seen.body.state).toBe('succeeded');
  });

  it('does not wait for HEAD', async () => {
    const { id } = await member();
    const { headers } = await redeem(id, { points: 10 });
    const head = await cloud.request('HEAD', headers.get('location') ?? '', undefined, { prefer: 'wait=15' });
    expect([head.status, head.headers.get('preference-applied')]).toEqual([200, null]);
  });

  it('fails with a problem if there are not enough points', async () => {
    const { id } = await member();
    const { body } = await redeem(id, { points: 101 }, { prefer: 'wait=15' });
    expect(body).toMatchObject({
      state: 'failed',
      problem: { type: '/problems/not-enough-points', status: 409, detail: 'The balance is 100 points.' },
    });
    expect((await points(id)).body.balance).toBe(100);
  });

  it('succeeds as often as the balance allows, if many are concurrent', async () => {
    const { id } = await member();
    // A caller that lost a race against others repeats the request.
    const redeemUntilAccepted = () =>
      eventually(async () => {
        const response = await redeem(id, { points: 30 });
        expect([202, 503]).toContain(response.status);
        return response.status === 202 && response.body.id;
      });
    const begun = await Promise.all(Array.from({ length: 5 }, redeemUntilAccepted));
    const states = await Promise.all(begun.map(async (operationId) => (await ended(operationId)).state));
    expect(states.toSorted()).toEqual(['failed', 'failed', 'succeeded', 'succeeded', 'succeeded']);
    expect((await points(id)).body.balance).toBe(10);
  });

  it('is created once, even if it is requested several times with the same key', async () => {
    const { id } = await member();
    const key = { 'idempotency-key': 'redeem-once' };
    const [first, again] = [await redeem(id, { points: 5 }, key), await redeem(id, { points: 5 }, key)];
    expect(again.body.id).toBe(first.body.id);
    expect(await ended(first.body.id)).toMatchObject({ state: 'succeeded' });
    expect((await points(id)).body.balance).toBe(95);
    const other = await redeem(id, { points: 6 }, key);
    expect([other.status, other.body.type]).toEqual([422, '/problems/idempotency-key-reused']);
  });

  it.each([
    ['no points', {}, '#/points'],
    ['less than one', { points: 0 }, '#/points'],
    ['a fraction', { points: 1.5 }, '#/points'],
    ['text', { points: 'all' }, '#/points'],
    ['a deadline that is too short', { points: 1, expiresIn: 1 }, '#/expiresIn'],
    ['a deadline that is too long', { points: 1, expiresIn: 100_000 }, '#/expiresIn'],
  ])('is refused with %s', async (_, body, pointer) => {
    const { status, body: problem } = await redeem(randomUUID(), body);
    expect([status, problem.errors.map((error: { pointer: string }) => error.pointer)]).toEqual([422, [pointer]]);
  });

  it('is refused for an unknown member, and for a member who left', async () => {
    expect((await redeem(randomUUID(), { points: 1 })).status).toBe(404);
    expect((await redeem('nobody', { points: 1 })).status).toBe(404);
    const { id } = await member();
    await cloud.request('DELETE', `/v1/members/${id}`);
    expect((await redeem(id, { points: 1 })).status).toBe(404);
    expect((await cloud.request('GET', `/v1/operations/${randomUUID()}`)).status).toBe(404);
  });
});

describe('a command that arrives too late', () => {
  it('takes no points and sends no SMS, because the operation has expired', async () => {
    const { id, phone } = await member();
    const operationId = randomUUID();
    const [createdAt, deadline] = [-60_000, -1_000].map((ms) => new Date(Date.now() + ms).toISOString());
    const Item = { id: operationId, memberId: id, points: 40, createdAt, deadline, fingerprint: '' };
    await cloud.dynamodb.send(
      new PutCommand({
        TableName: 'rollcall-dev-members',
        Item: { pk: `operation#${operationId}`, ...Item, outcome: { state: 'pending' } },
      }),
    );
    const command = messageBody(redeemPoints, id, {
      version: 1,
      data: { memberId: id, points: 40, deadline },
      correlationId: operationId,
      replyTo: registrationOutcomes.name,
    });
    await send(REGISTRATION, pointsCommands, `points-commands/${id}`, command);
    const found = await eventually(async () => {
      const seen = await operation(operationId);
      return seen.compensation !== undefined && seen;
    });
    expect(found).toMatchObject({ state: 'expired', compensation: 'not-needed' });
    expect((await points(id)).body).toMatchObject({ balance: 100, entries: [{ points: 100 }] });
    expect(await cloud.texts(phone)).toHaveLength(1);
  });
});

describe('a reply that arrives too late', () => {
  it('is recorded, and the points are returned; an operation that was read as expired never succeeds', async () => {
    const { id } = await member();
    const operationId = randomUUID();
    const [createdAt, deadline] = [-60_000, -1_000].map((ms) => new Date(Date.now() + ms).toISOString());
    const expired = { id: operationId, memberId: id, points: 40, createdAt, deadline, fingerprint: '' };
    const put = (Item: object) =>
      cloud.dynamodb.send(new PutCommand({ TableName: 'rollcall-dev-members', Item: Item as Record<string, unknown> }));
    await put({ pk: `operation#${operationId}`, ...expired, outcome: { state: 'pending' } });
    await put({ pk: `commands#points-commands/${id}`, sent: 1 });
    expect(await operation(operationId)).toMatchObject({
      state: 'expired',
      problem: { type: '/problems/deadline-passed' },
    });
    const command = messageBody(redeemPoints, id, {
      version: 1,
      data: { memberId: id, points: 40 },
      correlationId: operationId,
      replyTo: registrationOutcomes.name,
    });
    await send(REGISTRATION, pointsCommands, `points-commands/${id}`, command);
    const compensated = await eventually(async () => {
      const found = await operation(operationId);
      return found.compensation === 'done' && found;
    });
    expect(compensated).toMatchObject({ state: 'expired', problem: { type: '/problems/deadline-passed' } });
    expect((await points(id)).body).toMatchObject({
      balance: 100,
      entries: expect.arrayContaining([
        expect.objectContaining({ points: -40, reason: 'redemption' }),
        expect.objectContaining({ points: 40, reason: 'return' }),
      ]),
    });
  });
});

describe('a command that cannot be processed', () => {
  it('is parked, with its successors, if it requests its reply on an unknown channel', async () => {
    const { id } = await member();
    const data = { memberId: id, points: 1 };
    const wrong = messageBody(redeemPoints, id, { version: 1, data, replyTo: 'https://example.com/' });
    await send(REGISTRATION, pointsCommands, id, wrong);
    await send(REGISTRATION, pointsCommands, id, messageBody(redeemPoints, id, { version: 2, data }));
    expect(await parked('points-commands', id)).toMatchObject({
      reason: 'failed',
      error: expect.stringContaining('requests a reply on https://example.com/'),
    });
    await eventually(async () => (await cloud.items('points-commands', id)).length === 2);
    expect((await points(id)).body.balance).toBe(100);
  });

  it('is parked if it is malformed Protobuf, or in a format that no codec handles', async () => {
    const { id } = await member();
    const message = JSON.parse(messageBody(sendSms, id, { data: { memberId: id, texts: { en: 'hi' } } }));
    const broken = {
      ...message,
      id: randomUUID(),
      datacontenttype: 'application/protobuf',
      data: undefined,
      data_base64: '//8=',
    };
    const foreign = { ...message, id: randomUUID(), datacontenttype: 'application/xml' };
    for (const bad of [broken, foreign]) await send(POINTS, smsCommands, id, JSON.stringify(bad));
    expect((await parked('sms-commands', broken.id)).error).toContain('is not valid application/protobuf');
    expect((await parked('sms-commands', foreign.id)).error).toContain('no codec for application/xml');
  });
});

describe('a reply', () => {
  /** Creates a reply that reports that the points service took the points of an operation. */
  function settled(memberId: string, points: number, correlationId: string, source = '/rollcall/points') {
    const id = randomUUID();
    const settledAt = new Date().toISOString();
    const data = { memberId, points, balance: 1, outcome: 'succeeded', settledAt } as const;
    return { id, body: messageBody(redemptionSettled, memberId, { id, source, data, correlationId }) };
  }

  it('is parked if it replies to no known command', async () => {
    const { id, body } = settled(randomUUID(), 1, randomUUID());
    await send(POINTS, registrationOutcomes, id, body);
    expect(await parked('registration-outcomes', id)).toMatchObject({
      reason: 'failed',
      error: expect.stringContaining('which does not exist'),
      senderId: expect.stringMatching(/^AROA\w+:rollcall-dev-points-commands-consume$/),
    });
  });

  it('is parked and does not complete an operation if it names another member or another number of points', async () => {
    const [{ id }, other] = [await member(), await member()];
    const operationId = randomUUID();
    const [createdAt, deadline] = [0, 60_000].map((ms) => new Date(Date.now() + ms).toISOString());
    const Item = { id: operationId, memberId: id, points: 40, createdAt, deadline, fingerprint: '' };
    await cloud.dynamodb.send(
      new PutCommand({
        TableName: 'rollcall-dev-members',
        Item: { pk: `operation#${operationId}`, ...Item, outcome: { state: 'pending' } },
      }),
    );
    for (const [reply, why] of [
      [settled(other.id, 40, operationId), `is about ${other.id}, not ${id}`],
      [settled(id, 1_000, operationId), 'does not match the step redeem'],
    ] as const) {
      await send(POINTS, registrationOutcomes, reply.id, reply.body);
      expect((await parked('registration-outcomes', reply.id)).error).toContain(why);
    }
    expect(await operation(operationId)).toMatchObject({ state: 'pending' });
  });

  it.each([
    [
      'by a function of another service',
      '/rollcall/points',
      'guide-consume',
      'which is not a function of /rollcall/points',
    ],
    ['by a service that may not send it', '/rollcall/guide', 'guide-consume', '/rollcall/guide may not send'],
  ])('is parked unread if it was sent %s, and stays unread after a redrive', async (_, source, fn, why) => {
    const { id, body } = settled(randomUUID(), 1, randomUUID(), source);
    await send(fn, registrationOutcomes, id, body, POINTS);
    const queue = 'rollcall-dev-registration-outcomes';
    const parked = await eventually(async () =>
      (await cloud.items('registration-outcomes', queue)).find((row) => row.body === body),
    );
    expect(parked).toMatchObject({ reason: 'unreadable', error: expect.stringContaining(why) });
    const { reports } = await cloud.invoke('rollcall-dev-registration-outcomes-sweep', { redrive: [queue] });
    expect(reports[0].applied).toBe(0);
    expect(await cloud.items('registration-outcomes', id)).toEqual([]);
  });
});

describe('an SMS that a service requests', () => {
  it('is sent once, in the language of the member, for a command in JSON or in Protobuf', async () => {
    const { id, phone } = await member();
    const data = (en: string) => ({ memberId: id, texts: { en, es: `${en}, en español` } });
    const inJson = messageBody(sendSms, id, { data: data('json') });
    const inProtobuf = messageBody(sendSms, id, { data: data('protobuf'), format: 'application/protobuf' });
    for (const body of [inJson, inProtobuf, inJson, inProtobuf]) await send(POINTS, smsCommands, id, body);
    const texts = await eventually(async () => {
      const sent = await cloud.texts(phone);
      return sent.length >= 3 && sent;
    });
    // The order of the two SMS is undefined.
    const own = texts.map(({ text }) => text).filter((text) => text.endsWith('en español'));
    expect(own.toSorted()).toEqual(['json, en español', 'protobuf, en español']);
  });

  it('waits for a member whose phone is not known yet', async () => {
    const id = memberIdOf(77);
    const phone = newPhone();
    const data = { memberId: id, texts: { en: 'early', es: 'temprano' } };
    await send(POINTS, smsCommands, id, messageBody(sendSms, id, { data }));
    await eventually(async () =>
      cloud
        .logs('rollcall-dev-sms-commands-consume')
        .some(
          (line) =>
            line.includes('message returned to the queue') &&
            line.includes(`the phone of member ${id} is not known yet`),
        ),
    );
    const event = JSON.stringify(registered(id)).replace('+34612345678', phone);
    await cloud.invoke('rollcall-dev-sms-consume', { Records: [sqsRecord(id, 'm', event)] });
    await eventually(async () => (await cloud.texts(phone)).some(({ text }) => text === 'temprano'));
  });

  it('is not sent to a member who left', async () => {
    const { id, phone } = await member();
    await eventually(async () => (await cloud.texts(phone)).length === 1);
    await cloud.request('DELETE', `/v1/members/${id}`);
    await eventually(async () => (await cloud.items('sms', id)).some(({ left }) => left));
    const messageId = randomUUID();
    const body = messageBody(sendSms, id, { id: messageId, data: { memberId: id, texts: { en: 'too late' } } });
    await send(POINTS, smsCommands, id, body);
    await eventually(async () => (await cloud.items('sms-commands', messageId)).some(({ appliedAt }) => appliedAt));
    expect(await cloud.texts(phone)).toHaveLength(1);
  });
});

const contact = (id: string) => eventually(async () => (await cloud.items('sms', id)).find(({ welcome }) => welcome));
/** Waits for a step of the SMS service in the onboarding of a member. @returns the summary of the step */
const smsStep = (id: string, name: string) =>
  eventually(async () => {
    const { body } = await cloud.request('GET', `/v1/members/${id}/onboarding`);
    return body.steps.find(({ source, step }: Record<string, string>) => source === '/rollcall/sms' && step === name)
      ?.summary;
  });
/** The opt-outs of all phones. */
const optOuts = async () => {
  const { Items = [] } = await cloud.dynamodb.send(new ScanCommand({ TableName: 'rollcall-dev-sms-limits' }));
  return Items.filter(({ pk }) => pk.startsWith('opted-out#'));
};

describe('a phone that a provider reports as opted out', () => {
  it('gets no more SMS: not by another provider, not by a command, and not after a new registration', async () => {
    await cloud.breakSms('http', 'opted out');
    const { id, phone } = await member();
    expect(await contact(id)).toMatchObject({ welcome: 'opted out' });
    expect(await smsStep(id, 'welcome-sms')).toBe('not sent: this phone has opted out of SMS');
    await cloud.breakSms('http');
    const before = await cloud.requestsByProvider();
    expect(before.twilio).toBeUndefined();

    await redeem(id, { points: 40 });
    const notice = await eventually(async () => {
      const { Items = [] } = await cloud.dynamodb.send(new ScanCommand({ TableName: 'rollcall-dev-sms-commands' }));
      return Items.find(({ sent }) => sent === 'opted out');
    });
    expect(notice).toMatchObject({ sk: 'command' });
    await cloud.request('DELETE', `/v1/members/${id}`);
    await eventually(async () => (await cloud.items('sms', id)).some(({ left }) => left));
    expect(JSON.stringify(await cloud.items('sms', id))).not.toContain('phonePseudonym');
    const next = await cloud.request('POST', '/v1/members', { phone, name: 'Ana', locale: 'es' });
    expect(await contact(next.body.id)).toMatchObject({ welcome: 'opted out' });

    expect([await cloud.texts(phone), await cloud.requestsByProvider()]).toEqual([[], before]);
    expect(JSON.stringify(await optOuts())).not.toContain(phone.slice(1));
    // Metrics are written at the end of an invocation.
    await eventually(async () => {
      const lines = cloud.logs('rollcall-dev-sms-consume').filter((line) => line.includes('"TextsOptedOut":1'));
      return lines.length === 2;
    });
  });
});

describe('a welcome SMS that a provider accepted', () => {
  it.each([
    ['http', 'delivery confirmed by the provider', {}],
    ['http', 'not delivered: unreachable', { http: 'undelivered' }],
    ['twilio', 'delivery confirmed by the provider', { http: 'throttles' }],
    ['twilio', 'not delivered: 30003', { http: 'throttles', twilio: 'undelivered' }],
  ] as [string, string, Partial<Record<'http' | 'twilio', SmsFault['kind']>>][])(
    'is distinguished from a delivered one by a receipt of %s: %s',
    async (provider, summary, { http, twilio }) => {
      await cloud.breakSms('http', http);
      await cloud.breakSms('twilio', twilio);
      const { id, phone } = await member();
      expect(await smsStep(id, 'welcome-sms')).toBe('accepted by the provider');
      expect(await smsStep(id, 'welcome-sms-delivery')).toBe(summary);
      expect((await cloud.texts(phone)).map((text) => text.provider)).toEqual([provider]);
      for (const one of ['http', 'twilio']) await cloud.breakSms(one);
    },
  );
});

describe('a person who replies', () => {
  it.each(['http', 'twilio'])('STOP through %s gets no SMS until they reply START', async (provider) => {
    if (provider === 'twilio') {
      // The sandbox learns the URL of Twilio's webhook from the first SMS that is sent through Twilio.
      await cloud.breakSms('http', 'throttles');
      await smsStep((await member()).id, 'welcome-sms-delivery');
      await cloud.breakSms('http');
    }
    const { id, phone } = await member();
    await smsStep(id, 'welcome-sms');
    const before = (await optOuts()).length;
    await cloud.replyFrom(phone, 'HELP', provider);
    await cloud.replyFrom(phone, 'Stop.', provider);
    await eventually(async () => (await optOuts()).length === before + 1);
    expect((await optOuts()).map(({ by }) => by)).toContain(`sms-${provider}`);

    const ordered = await redeem(id, { points: 10 });
    expect(await ended(ordered.body.id)).toMatchObject({ state: 'succeeded' });
    await eventually(async () =>
      cloud.logs('rollcall-dev-sms-commands-consume').some((line) => line.includes('OptedOut')),
    );
    expect(await cloud.texts(phone)).toHaveLength(1);

    await cloud.replyFrom(phone, 'start', provider);
    await eventually(async () => (await optOuts()).length === before);
    await redeem(id, { points: 10 });
    await eventually(async () => (await cloud.texts(phone)).length === 2);
  });
});

describe('a late event of a provider', () => {
  const [EARLY, LATE, LATEST] = [1, 2, 3].map((hour) => new Date(Date.UTC(2026, 10, 29, hour))) as [Date, Date, Date];
  const store = () =>
    createOptOuts({
      client: cloud.dynamodb,
      tableName: 'rollcall-dev-sms-limits',
      pseudonym: async (phone) => `p${phone.slice(1)}`,
    });
  const since = async (phone: string) => (await optOuts()).find(({ pk }) => pk.endsWith(`#p${phone.slice(1)}`))?.since;

  it.each<[string, Array<['STOP' | 'START', Date]>, Date | undefined]>([
    [
      'an opt-out before an opt-in',
      [
        ['STOP', EARLY],
        ['START', LATE],
      ],
      undefined,
    ],
    [
      'an opt-in that is older than the opt-out',
      [
        ['STOP', LATE],
        ['START', EARLY],
      ],
      LATE,
    ],
    [
      'an opt-out that is older than the stored one',
      [
        ['STOP', LATEST],
        ['STOP', EARLY],
        ['START', LATE],
      ],
      LATEST,
    ],
    [
      'an opt-out that is older than the opt-in: the opt-out wins, because that is safer',
      [
        ['START', LATE],
        ['STOP', EARLY],
      ],
      EARLY,
    ],
  ])('is compared by its own time: %s', async (_, replies, expected) => {
    const phone = newPhone();
    for (const [word, at] of replies)
      await (word === 'STOP' ? store().add(phone, at, 'sms-http') : store().remove(phone, at));
    expect(await since(phone)).toBe(expected?.toISOString());
  });
});

describe('a webhook', () => {
  const post = (provider: string, body: string, headers: Record<string, string> = {}) =>
    fetch(`${cloud.apiUrl}/webhooks/sms/${provider}`, { method: 'POST', body, headers });

  it.each([
    [
      'http',
      JSON.stringify({ events: [{ type: 'inbound', from: '+34612345678', text: 'STOP', at: '2026-11-29T00:00:00Z' }] }),
    ],
    ['twilio', 'From=%2B34612345678&Body=STOP'],
    ['aws', JSON.stringify({ originationNumber: '+34612345678', messageBody: 'STOP' })],
    ['constructor', '{}'],
  ])('of %s reveals nothing to unauthenticated callers, and has no effect', async (provider, body) => {
    const before = await optOuts();
    const forged = {
      'webhook-id': 'x',
      'webhook-timestamp': String(Math.floor(Date.now() / 1000)),
      'webhook-signature': 'v1,AAAA',
      'x-twilio-signature': 'AAAA',
    };
    for (const headers of [{}, forged]) {
      const response = await post(provider, body, headers);
      expect([response.status, await response.json()]).toMatchObject([404, { detail: 'There is no webhook here.' }]);
    }
    expect(await optOuts()).toEqual(before);
  });

  it('accepts at most 256 KB', async () => {
    expect((await post('http', 'x'.repeat(300_000))).status).toBe(413);
  });
});
