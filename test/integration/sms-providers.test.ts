import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { ValidationException } from '@aws-sdk/client-pinpoint-sms-voice-v2';
import {
  NotServedError,
  RejectedError,
  ThrottledError,
  UnavailableError,
} from '@rollcall/kit/internal/resilience/errors';
import { createRemoteService } from '@rollcall/kit/internal/resilience/remote-service';
import { close, listen } from '@rollcall/local/internal/server/listen';
import { openState } from '@rollcall/local/internal/state/state';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { OptedOutError } from '../../functions/sms/opt-outs.ts';
import type { ProviderEvent } from '../../functions/sms/provider-events.ts';
import { sign } from '../../functions/sms/providers/alibaba.ts';
import { createAwsEndUserMessaging } from '../../functions/sms/providers/aws-end-user-messaging.ts';
import { failureOf } from '../../functions/sms/providers/http-call.ts';
import { createHttpGateway } from '../../functions/sms/providers/http-gateway.ts';
import { createTwilio } from '../../functions/sms/providers/twilio.ts';
import { encodeReference } from '../../functions/sms/receipt-reference.ts';
import { readAlibaba } from '../../functions/sms/webhooks/alibaba.ts';
import { readAwsEvent } from '../../functions/sms/webhooks/aws-end-user-messaging.ts';
import { readHttpGateway } from '../../functions/sms/webhooks/http-gateway.ts';
import { readTwilio } from '../../functions/sms/webhooks/twilio.ts';
import type { ReadWebhook } from '../../functions/sms/webhooks/webhook.ts';
import { createCallbacks } from '../../ops/sms-sandbox/callbacks.ts';
import { TWILIO, WEBHOOK_KEYS } from '../../ops/sms-sandbox/credentials.ts';
import type { SmsFault } from '../../ops/sms-sandbox/faults.ts';
import { memberIdOf } from '../support/builders.ts';
import { eventually } from '../support/cloud.ts';
import { startProviders } from '../support/sms-providers.ts';

let sandbox: Awaited<ReturnType<typeof startProviders>>;
beforeAll(async () => {
  sandbox = await startProviders();
});
afterAll(() => sandbox.stop());
beforeEach(() => sandbox.mailbox.faults.clear());

let phones = 0;
const newText = () => {
  const to = `+346${String(20_000_000 + phones++)}`;
  return { to, text: "Hello, Seán O'Brien & 王伟 (100 %)!", idempotencyKey: `message-${to}` };
};
const signal = () => AbortSignal.timeout(5_000);
const failure = (promise: Promise<void>) =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  );

describe.each(['http', 'aws', 'twilio', 'alibaba'])('every SMS provider: %s', (name) => {
  const injectFault = (kind: SmsFault['kind']) => sandbox.mailbox.faults.set(name, { kind });
  const texts = (to: string) => sandbox.mailbox.texts(to).map(({ text, provider }) => ({ text, provider }));

  it('accepts an SMS, with its exact text', async () => {
    const text = newText();
    await sandbox.adapter(name).send(text, { signal: signal() });
    expect(texts(text.to)).toEqual([{ text: text.text, provider: name }]);
  });

  it('permanently rejects an invalid number', async () => {
    const text = { ...newText(), to: '+0' };
    expect(await failure(sandbox.adapter(name).send(text, { signal: signal() }))).toBeInstanceOf(RejectedError);
  });

  it('permanently rejects recipients that it may not send to', async () => {
    injectFault('refuses');
    const error = await failure(sandbox.adapter(name).send(newText(), { signal: signal() }));
    expect(error).toBeInstanceOf(RejectedError);
    expect(error).not.toBeInstanceOf(OptedOutError);
  });

  it.each(['fails', 'refuses', 'opted out', 'down'] as const)(
    'does not reveal the recipient in the error of the fault: %s',
    async (kind) => {
      injectFault(kind);
      const text = newText();
      const error = await failure(sandbox.adapter(name).send(text, { signal: signal() }));
      // A logger shows an error in this form, with all causes and their properties.
      expect(inspect(error, { depth: 10, showHidden: true })).not.toContain(text.to.slice(1));
    },
  );

  it('rejects temporarily, with a known outcome', async () => {
    injectFault('fails');
    const text = newText();
    const error = await failure(sandbox.adapter(name).send(text, { signal: signal() }));
    expect(error).toBeInstanceOf(UnavailableError);
    expect(error).toMatchObject({ outcomeUnknown: false });
    expect(texts(text.to)).toEqual([]);
  });

  it('reports the retry time when it throttles', async () => {
    injectFault('throttles');
    const error = await failure(sandbox.adapter(name).send(newText(), { signal: signal() }));
    expect(error).toBeInstanceOf(ThrottledError);
    expect(error).toMatchObject({ retryAfterMs: 1_000 });
  });

  it('has an unknown outcome if it accepts an SMS, but does not confirm in time', async () => {
    injectFault('answer lost');
    const text = newText();
    const provider = sandbox.adapter(name);
    const send = createRemoteService({ name, call: provider.send, timeoutMs: 200 });
    expect(await failure(send(text))).toMatchObject({ name: 'UnavailableError', outcomeUnknown: true });
    expect(texts(text.to)).toHaveLength(1);
  });

  it('has an unknown outcome if its connection breaks', async () => {
    injectFault('down');
    const error = await failure(sandbox.adapter(name).send(newText(), { signal: signal() }));
    expect(error).toMatchObject({ name: 'UnavailableError', outcomeUnknown: true });
  });

  it('aborts its request on a signal', async () => {
    injectFault('hangs');
    const stop = new AbortController();
    const sending = failure(sandbox.adapter(name).send(newText(), { signal: stop.signal }));
    stop.abort();
    expect(await sending).toBeInstanceOf(UnavailableError);
  });

  it('sends an SMS once per key if its adapter declares that it honours keys', async () => {
    const text = newText();
    const provider = sandbox.adapter(name);
    for (let time = 0; time < 2; time++) await provider.send(text, { signal: signal() });
    expect(texts(text.to)).toHaveLength(provider.honoursKey ? 1 : 2);
  });
});

describe.each(['http', 'aws', 'twilio'])('an SMS provider that reports opted-out phones: %s', (name) => {
  it('distinguishes an opt-out from other refusals', async () => {
    sandbox.mailbox.faults.set(name, { kind: 'opted out' });
    expect(await failure(sandbox.adapter(name).send(newText(), { signal: signal() }))).toBeInstanceOf(OptedOutError);
  });
});

describe.each(['aws', 'twilio', 'alibaba'])('an SMS provider with credentials: %s', (name) => {
  it('refuses a request with a wrong signature, but does not permanently reject the SMS', async () => {
    const text = newText();
    const error = await failure(sandbox.adapter(name, { secret: true }).send(text, { signal: signal() }));
    expect(error).toBeInstanceOf(UnavailableError);
    expect(error).not.toBeInstanceOf(ThrottledError);
    expect(sandbox.mailbox.texts(text.to)).toEqual([]);
  });
});

describe('an event of the sandbox', () => {
  const about = { memberId: memberIdOf(7), messageId: memberIdOf(8) };
  const reference = encodeReference(about);
  const now = () => new Date();
  const readers: Record<string, ReadWebhook> = {
    http: readHttpGateway(async () => ({ key: WEBHOOK_KEYS.http }), now),
    twilio: readTwilio(async () => TWILIO, now),
    alibaba: readAlibaba(async () => ({ key: WEBHOOK_KEYS.alibaba })),
  };
  async function eventsFrom(name: string): Promise<readonly (ProviderEvent | null)[]> {
    if (name === 'aws') return sandbox.published.map((body) => readAwsEvent(body, now()));
    const requests = sandbox.webhookRequests.filter(({ url }) => url.startsWith(`${sandbox.webhooksUrl}/${name}`));
    const events = await Promise.all(requests.map((request) => readers[name]?.(request)));
    return events.flatMap((read) => (typeof read === 'object' ? read : []));
  }

  it.each(['http', 'twilio', 'alibaba', 'aws'])(
    'of %s is accepted by the webhook: delivered or undelivered',
    async (name) => {
      for (const kind of [undefined, 'undelivered'] as const) {
        if (kind) sandbox.mailbox.faults.set(name, { kind });
        await sandbox.adapter(name).send({ ...newText(), reference }, { signal: signal() });
      }
      const receipts = await eventually(async () => {
        const events = (await eventsFrom(name)).filter((event) => event && 'about' in event);
        return events.length >= 2 && events;
      });
      expect(receipts).toHaveLength(2);
      expect(receipts).toEqual(
        expect.arrayContaining([
          { kind: 'delivered', about },
          { kind: 'undelivered', about, reason: expect.any(String) },
        ]),
      );
    },
  );

  it.each(['http', 'twilio', 'aws'])('of %s is accepted by the webhook: an opt-out', async (provider) => {
    const { to: from } = newText();
    const body = JSON.stringify({ from, text: 'STOP', provider });
    expect((await fetch(`${sandbox.url}/inbound`, { method: 'POST', body })).status).toBe(202);
    await eventually(async () =>
      (await eventsFrom(provider)).some((event) => event && 'phone' in event && event.phone === from),
    );
  });

  it('of the generic gateway is sent only if the SMS requests a receipt, and shares a call with other events', async () => {
    const before = sandbox.webhookRequests.length;
    for (let text = 0; text < 5; text++)
      await sandbox.adapter('http').send({ ...newText(), reference }, { signal: signal() });
    await sandbox.adapter('http').send(newText(), { signal: signal() });
    const calls = await eventually(async () => {
      const since = sandbox.webhookRequests.slice(before);
      const events = since.flatMap(({ body }) => JSON.parse(body).events);
      return events.length === 5 && since;
    });
    expect(calls.length).toBeLessThan(5);
  });

  it('is sent again after the receiver was down, and after a restart of the sandbox', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'rollcall-callbacks-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const published: string[] = [];
    const receipt = { kind: 'delivered', reference, to: '+34600000000' } as const;
    const first = openState(folder);
    const failing = createCallbacks({
      database: first.database,
      publish: () => Promise.reject(new Error('nobody listens')),
    });
    failing.add('aws', 'topic', receipt);
    await failing.stop();
    first.close();
    const second = openState(folder);
    let tries = 0;
    const restarted = createCallbacks({
      database: second.database,
      async publish(_, message) {
        if (++tries === 1) throw new Error('not yet');
        published.push(message);
      },
    });
    restarted.start();
    await eventually(async () => published.length === 1);
    await restarted.stop();
    second.close();
    expect(readAwsEvent(published[0] ?? '', now())).toEqual({ kind: 'delivered', about });
  });
});

describe('a configuration error', () => {
  it('is not a permanent rejection: an unknown sender at Twilio, a missing pool at AWS', async () => {
    const twilio = createTwilio({ url: sandbox.url, credentials: async () => ({ ...TWILIO, from: '' }) });
    expect(await failure(twilio.send(newText(), { signal: signal() }))).not.toBeInstanceOf(RejectedError);
    const client = {
      send: () =>
        Promise.reject(new ValidationException({ message: 'no', $metadata: {}, Reason: 'UNKNOWN_REGISTRATION_FIELD' })),
    };
    const aws = createAwsEndUserMessaging({ client: client as never, originationIdentity: 'x' });
    expect(await failure(aws.send(newText(), { signal: signal() }))).not.toBeInstanceOf(RejectedError);
  });
});

describe('Alibaba Cloud SMS', () => {
  it('computes the signature of the example in the documentation', () => {
    const { authorization } = sign({
      method: 'POST',
      query: { ImageId: 'win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd', RegionId: 'cn-shanghai' },
      headers: {
        host: 'ecs.cn-shanghai.aliyuncs.com',
        'x-acs-action': 'RunInstances',
        'x-acs-date': '2023-10-26T10:22:32Z',
        'x-acs-signature-nonce': '3156853299f313e23d1673dc12e1703d',
        'x-acs-version': '2014-05-26',
      },
      body: '',
      accessKeyId: 'YourAccessKeyId',
      accessKeySecret: 'YourAccessKeySecret',
    });
    expect(authorization).toBe(
      'ACS3-HMAC-SHA256 Credential=YourAccessKeyId,SignedHeaders=host;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version,Signature=06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0',
    );
  });

  it('reports that it does not send to mainland China', async () => {
    const text = { ...newText(), to: '+8613800138000' };
    expect(await failure(sandbox.adapter('alibaba').send(text, { signal: signal() }))).toBeInstanceOf(NotServedError);
  });
});

describe('AWS End User Messaging', () => {
  it('sends a transactional SMS from its origination identity', async () => {
    let input: unknown;
    const client = {
      send: async (command: { input: unknown }) => {
        input = command.input;
      },
    };
    const text = newText();
    const provider = createAwsEndUserMessaging({ client: client as never, originationIdentity: 'rollcall' });
    await provider.send(text, { signal: signal() });
    expect(input).toMatchObject({
      DestinationPhoneNumber: text.to,
      OriginationIdentity: 'rollcall',
      MessageBody: text.text,
      MessageType: 'TRANSACTIONAL',
    });
  });
});

describe('the generic gateway', () => {
  it('gets only phone, text and idempotency key', async () => {
    const requests: unknown[] = [];
    const server = createServer(async (request, response) => {
      let body = '';
      for await (const chunk of request) body += chunk;
      requests.push({ path: request.url, key: request.headers['idempotency-key'], body: JSON.parse(body) });
      response.writeHead(202).end();
    });
    const text = newText();
    const provider = createHttpGateway({ url: await listen(server, 0, 'test') });
    await provider.send(text, { signal: signal() });
    expect(requests).toEqual([{ path: '/messages', key: text.idempotencyKey, body: { to: text.to, text: text.text } }]);
    await close(server);
  });

  it.each([
    [400, 'RejectedError', undefined],
    [401, 'UnavailableError', false],
    [404, 'UnavailableError', false],
    [408, 'UnavailableError', false],
    [422, 'RejectedError', undefined],
    [503, 'UnavailableError', false],
    [409, 'UnavailableError', true],
    [429, 'ThrottledError', false],
    [500, 'UnavailableError', false],
    [502, 'UnavailableError', true],
    [504, 'UnavailableError', true],
  ])('treats a response of %i as %s', (status, name, outcomeUnknown) => {
    const error = failureOf('it', { status, headers: new Headers() });
    expect(error).toMatchObject({ name, ...(outcomeUnknown !== undefined && { outcomeUnknown }) });
  });

  it.each(['null', '"error"', '<html>'])('treats a refusal with the body %s as permanent', async (body) => {
    const server = createServer((request, response) => {
      request.resume();
      response.writeHead(422).end(body);
    });
    const provider = createHttpGateway({ url: await listen(server, 0, 'test') });
    expect(await failure(provider.send(newText(), { signal: signal() }))).toBeInstanceOf(RejectedError);
    await close(server);
  });

  it('does not treat a redirect as accepted', async () => {
    const server = createServer((request, response) => {
      request.resume();
      if (request.method === 'GET') response.end('{}');
      else response.writeHead(302, { location: '/messages' }).end();
    });
    const provider = createHttpGateway({ url: await listen(server, 0, 'test') });
    expect(await failure(provider.send(newText(), { signal: signal() }))).toBeInstanceOf(UnavailableError);
    await close(server);
  });

  it('has a known outcome if the connection is refused', async () => {
    const server = createServer();
    const url = await listen(server, 0, 'nobody');
    await close(server);
    const provider = createHttpGateway({ url });
    expect(await failure(provider.send(newText(), { signal: signal() }))).toMatchObject({ outcomeUnknown: false });
  });
});
