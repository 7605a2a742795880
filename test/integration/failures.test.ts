import { createServer } from 'node:http';
import { GetQueueUrlCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { close, listen } from '@rollcall/local/internal/server/listen';
import { describe, expect, it, onTestFinished } from 'vitest';
import { changedAssembly } from '../support/assembly.ts';
import { memberIdOf, profileChanged, registered, sqsRecord } from '../support/builders.ts';
import { cloudOf, eventually, newPhone, noFaults, smsEnvironment, type TestCloud } from '../support/cloud.ts';

/** The dev templates, in which the event source mappings of one kind of source are disabled. */
const without = (kind: 'stream' | 'queue') =>
  changedAssembly(['registration', 'sms', 'points', 'guide'], ({ Type, Properties }) => {
    const isStream = Properties?.StartingPosition !== undefined;
    if (Type === 'AWS::Lambda::EventSourceMapping' && isStream === (kind === 'stream')) Properties.Enabled = false;
  });

const register = async (cloud: TestCloud) =>
  (await cloud.request('POST', '/v1/members', { phone: newPhone(), name: 'Lucía', locale: 'es' })).body;

const gatewayOnly = smsEnvironment({ providers: ['http'] });

/**
 * Starts an SMS gateway that returns 503 to the first `failures` requests.
 * @returns its URL, and the idempotency keys of all requests
 */
async function failingGateway(failures: number): Promise<{ url: string; keys: unknown[] }> {
  const keys: unknown[] = [];
  const server = createServer((request, response) => {
    keys.push(request.headers['idempotency-key']);
    request.resume().on('end', () => response.writeHead(keys.length > failures ? 202 : 503).end());
  });
  onTestFinished(() => close(server));
  return { url: await listen(server, 0, 'test'), keys };
}

describe('with an SMS gateway that fails at first', () => {
  it('the welcome SMS of a registration is retried within seconds, until the gateway works', async () => {
    const gateway = await failingGateway(2);
    const cloud = await cloudOf({ parameters: { SmsGatewayUrl: gateway.url }, environment: gatewayOnly });
    const { id } = await register(cloud);
    const cursor = await eventually(async () =>
      (await cloud.items('sms', id)).find(({ sk, version }) => sk === 'contact' && version === 1),
    );
    expect(cursor.leasedBy).toBeUndefined();
    expect(gateway.keys.length).toBe(3);
    expect(new Set(gateway.keys).size).toBe(1);
  });
});

describe('with the relay stopped permanently', () => {
  it('the sweep publishes pending messages in order', async () => {
    const cloud = await cloudOf({ assembly: await without('stream') });
    const members = await Promise.all(Array.from({ length: 30 }, () => register(cloud)));
    const [first] = members;
    await cloud.request('PATCH', `/v1/members/${first.id}`, { locale: 'zh-CN' }, { 'if-match': '"1"' });
    expect((await cloud.items('outbox', first.id)).map(({ version }) => version)).toEqual([1, 2]);
    await cloud.invoke('rollcall-dev-registration-outbox-sweep', {});
    for (const { id } of members) {
      await eventually(async () => (await cloud.request('GET', `/v1/members/${id}/points`)).status === 200);
      expect(await cloud.items('outbox', id)).toEqual([]);
    }
    await eventually(async () => (await cloud.request('GET', `/v1/members/${first.id}/guide`)).body.locale === 'zh-CN');
  });
});

describe('with every subscriber stopped', () => {
  it('registrations are accepted', async () => {
    const cloud = await cloudOf({ assembly: await without('queue') });
    expect(await register(cloud)).toMatchObject({ version: 1 });
  });
});

describe('three messages of one member in one batch', () => {
  const member = memberIdOf(7);
  const batch = {
    Records: [profileChanged(member, 1), registered(member, 2), profileChanged(member, 3)].map((message, index) =>
      sqsRecord(member, `m${index + 1}`, JSON.stringify(message)),
    ),
  };
  const cursorOf = async (cloud: TestCloud) =>
    (await cloud.items('sms', member)).find(({ sk }) => sk === 'contact')?.version;

  it('stop at the second if it fails temporarily, and continue from there after its redelivery', async () => {
    const gateway = await failingGateway(2);
    const cloud = await cloudOf({ parameters: { SmsGatewayUrl: gateway.url }, environment: gatewayOnly });
    expect(await cloud.invoke('rollcall-dev-sms-consume', batch)).toEqual({
      batchItemFailures: [{ itemIdentifier: 'm2' }, { itemIdentifier: 'm3' }],
    });
    expect(await cursorOf(cloud)).toBe(1);
    const again = { Records: batch.Records.slice(1) };
    expect(await cloud.invoke('rollcall-dev-sms-consume', again)).toEqual({ batchItemFailures: [] });
    expect(await cursorOf(cloud)).toBe(3);
    expect(gateway.keys).toEqual(Array(3).fill(`${member}/2`));
  });

  it('are parked from the second on if it fails permanently', async () => {
    const cloud = await cloudOf({});
    // The sandbox refuses a recipient that is not a phone number.
    const poisoned = {
      Records: batch.Records.map((record) => ({ ...record, body: record.body.replace('+34612345678', 'nobody') })),
    };
    expect(await cloud.invoke('rollcall-dev-sms-consume', poisoned)).toEqual({ batchItemFailures: [] });
    expect(await cursorOf(cloud)).toBe(1);
    const parked = (await cloud.items('sms', member)).filter(({ sk }) => sk.startsWith('parked#'));
    expect(parked.map(({ version, reason }) => [version, reason])).toEqual([
      [2, 'failed'],
      [3, 'gap'],
    ]);
    expect(parked[0]?.error).toContain('responded with status 422');
    // No sweep applies a message that waits for an operator, or its successors.
    await cloud.invoke('rollcall-dev-sms-sweep', {});
    expect(await cursorOf(cloud)).toBe(1);
  });
});

describe('a message that arrives before its predecessor', () => {
  it('is parked, and applied by the sweep after its predecessor is applied', async () => {
    const cloud = await cloudOf({});
    const member = memberIdOf(8);
    const consume = (message: object) =>
      cloud.invoke('rollcall-dev-guide-consume', { Records: [sqsRecord(member, 'm', JSON.stringify(message))] });
    await consume(registered(member, 1));
    await consume(profileChanged(member, 3, 'zh-CN'));
    expect((await cloud.request('GET', `/v1/members/${member}/guide`)).body.locale).toBe('es');
    await consume(profileChanged(member, 2, 'en'));
    await cloud.invoke('rollcall-dev-guide-sweep', {});
    expect((await cloud.request('GET', `/v1/members/${member}/guide`)).body.locale).toBe('zh-CN');
    expect((await cloud.items('guide', member)).length).toBe(1);
  });
});

describe('a late subscriber', () => {
  it('parks the first version that it receives, and starts at this version once no lower version can be in transit', async () => {
    const assembly = await changedAssembly(['points'], ({ Properties }) => {
      const variables = Properties?.Environment?.Variables;
      if (variables?.JOINS_LATE) variables.JOINS_LATE = 'true';
    });
    const cloud = await cloudOf({ assembly });
    const member = memberIdOf(9);
    const Records = [sqsRecord(member, 'm', JSON.stringify(profileChanged(member, 5)))];
    expect(await cloud.invoke('rollcall-dev-points-consume', { Records })).toEqual({ batchItemFailures: [] });
    const [parked] = await cloud.items('points', member);
    expect(parked).toMatchObject({ version: 5, reason: 'gap' });
    await cloud.dynamodb.send(
      new PutCommand({ TableName: 'rollcall-dev-points', Item: { ...parked, parkedAt: '2026-01-01T00:00:00.000Z' } }),
    );
    await cloud.invoke('rollcall-dev-points-sweep', {});
    expect(await cloud.items('points', member)).toMatchObject([{ sk: 'account', version: 5, baseline: 5 }]);
  });
});

describe('a message whose function never responds', () => {
  it('becomes a dead letter, is parked by the sweep, and blocks only its own member', async () => {
    const phone = newPhone();
    const gateway = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk) => {
        body += chunk;
      });
      // The gateway never responds for one member. The function crashes before its call to the gateway times out.
      request.on('end', () => body.includes(phone) || response.writeHead(202).end());
    });
    onTestFinished(() => close(gateway));
    let isHanging = true;
    const assembly = await changedAssembly(['sms'], ({ Type, Properties }) => {
      if (Type === 'AWS::SQS::Queue') Properties.VisibilityTimeout = 2;
      if (Properties?.RedrivePolicy?.maxReceiveCount) Properties.RedrivePolicy.maxReceiveCount = 2;
    });
    const cloud = await cloudOf({
      assembly,
      parameters: { SmsGatewayUrl: await listen(gateway, 0, 'test') },
      // The timeout of the call is longer than the 1.5 seconds after which the function crashes.
      environment: smsEnvironment({ providers: ['http'], timeoutMs: 5_000 }),
      faults: { ...noFaults, death: (name) => (isHanging && name === 'rollcall-dev-sms-consume' ? 1_500 : undefined) },
    });
    const poison = (await cloud.request('POST', '/v1/members', { phone, name: 'Lucía', locale: 'es' })).body;
    const other = await register(cloud);
    const sweep = () => cloud.invoke('rollcall-dev-sms-sweep', {});
    // If both messages are in one batch, the other message also becomes a dead letter, and the sweep applies it.
    await eventually(async () => {
      await sweep();
      return (await cloud.items('sms', other.id)).some(({ version }) => version === 1);
    });
    const parkedAre = (count: number) =>
      eventually(async () => {
        await sweep();
        const items = (await cloud.items('sms', poison.id)).filter(({ sk }) => sk.startsWith('parked#'));
        return items.length === count && items;
      });
    await parkedAre(1);
    // The message is parked, so no later invocation hangs. The faults end here, because on a busy machine an invocation
    // that does not hang may also take 1.5 seconds.
    isHanging = false;
    await cloud.request('PATCH', `/v1/members/${poison.id}`, { locale: 'en' }, { 'if-match': '"1"' });
    const parked = await parkedAre(2);
    expect(parked.map(({ version, reason }) => [version, reason])).toEqual([
      [1, 'retry'],
      [2, 'gap'],
    ]);
    // The metric of the sweep that emptied the dead-letter queue counts the message that it parked.
    expect(cloud.logs('rollcall-dev-sms-sweep').some((line) => /"Parked":[1-9]/.test(line))).toBe(true);
  });
});

describe('a message that SNS could not deliver to a queue', () => {
  it('is parked and applied by the sweep', async () => {
    const cloud = await cloudOf({});
    const member = memberIdOf(11);
    const { QueueUrl } = await cloud.sqs.send(
      new GetQueueUrlCommand({ QueueName: 'rollcall-dev-guide-undelivered.fifo' }),
    );
    await cloud.sqs.send(
      new SendMessageCommand({
        QueueUrl,
        MessageGroupId: member,
        MessageDeduplicationId: 'u1',
        MessageBody: JSON.stringify(registered(member)),
      }),
    );
    await cloud.invoke('rollcall-dev-guide-sweep', {});
    expect(await cloud.items('guide', member)).toMatchObject([{ sk: 'journey', version: 1 }]);
  });
});
