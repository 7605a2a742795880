import { createHmac } from 'node:crypto';
import type { HttpEvent } from '@rollcall/kit/internal/http/secured';
import type { OutgoingMessage } from '@rollcall/kit/internal/messaging/outgoing';
import { describe, expect, it } from 'vitest';
import { inbound } from '../../functions/sms/provider-events.ts';
import { decodeReference, encodeReference } from '../../functions/sms/receipt-reference.ts';
import { readAlibaba } from '../../functions/sms/webhooks/alibaba.ts';
import { readAwsEvent } from '../../functions/sms/webhooks/aws-end-user-messaging.ts';
import { readHttpGateway } from '../../functions/sms/webhooks/http-gateway.ts';
import { createReceiver } from '../../functions/sms/webhooks/receiver.ts';
import { readTwilio, signatureOf } from '../../functions/sms/webhooks/twilio.ts';
import {
  UNAUTHENTICATED,
  UNREADABLE,
  type WebhookRequest,
  webhookRequest,
} from '../../functions/sms/webhooks/webhook.ts';
import { memberIdOf, TIME } from '../support/builders.ts';

const now = () => TIME;
const messageId = '01999999-0000-7000-8000-00000000abcd';
const about = { memberId: memberIdOf(1), messageId };
const reference = encodeReference(about);
const phone = '+34612345678';

const request = (more: Partial<WebhookRequest>): WebhookRequest => ({
  url: 'https://api.example/webhooks/sms/x',
  query: new URLSearchParams(),
  headers: {},
  body: '',
  ...more,
});

describe('a reference', () => {
  it('is decoded to its parts, with the trace if there is one', () => {
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    for (const one of [about, { ...about, traceparent }]) expect(decodeReference(encodeReference(one))).toEqual(one);
    expect(encodeURIComponent(encodeReference({ ...about, traceparent }))).toHaveLength(129);
  });

  it.each(['', 'x', undefined, `${memberIdOf(1)}`, `${memberIdOf(1)}.x`, `${reference}x`])('is invalid: %s', (text) => {
    expect(decodeReference(text)).toBeUndefined();
  });

  it('is decoded without its trace if that is invalid', () => {
    expect(decodeReference(`${reference}.x`)).toEqual(about);
  });
});

describe('the webhook of the generic gateway', () => {
  const key = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
  const id = 'msg_p5jXN8AQM9LWM0D4loKWxJek';
  const sent = (body: string, { at = TIME, by = key }: { at?: Date; by?: string } = {}) => {
    const timestamp = String(at.getTime() / 1000);
    const bytes = Buffer.from(by.slice('whsec_'.length), 'base64');
    const signature = createHmac('sha256', bytes).update(`${id}.${timestamp}.${body}`).digest('base64');
    return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${signature}` };
  };
  const read = readHttpGateway(async () => ({ key }), now);
  const body = JSON.stringify({
    events: [
      { type: 'delivered', reference },
      { type: 'undelivered', reference, reason: 'unreachable' },
      { type: 'undelivered', reference, reason: `no ${phone}` },
      { type: 'inbound', from: phone, text: 'Stop', at: '2026-11-20T10:00:00Z' },
      { type: 'inbound', from: phone, text: 'Stop' },
      { type: 'billed', reference },
    ],
  });

  it('reads many events in one call, and ignores unknown ones', async () => {
    expect(await read(request({ body, headers: sent(body) }))).toEqual([
      { kind: 'delivered', about },
      { kind: 'undelivered', about, reason: 'unreachable' },
      { kind: 'undelivered', about, reason: 'unknown' },
      // `at` is the time of the SMS, not of the report.
      { kind: 'opt-out', phone, at: new Date('2026-11-20T10:00:00Z') },
      { kind: 'other' },
      { kind: 'other' },
    ]);
  });

  it('accepts a request if one of its signatures is valid, for example while a key is replaced', async () => {
    const { 'webhook-signature': signature, ...headers } = sent(body);
    const both = { ...headers, 'webhook-signature': `v1,AAAA v2,BBBB ${signature}` };
    expect(await read(request({ body, headers: both }))).toHaveLength(6);
  });

  it('uses the signature of the example in the documentation', async () => {
    // https://docs.svix.com/receiving/verifying-payloads/how-manual
    const at = new Date(1614265330_000);
    const text = '{"test": 2432232314}';
    expect(sent(text, { at })['webhook-signature']).toBe('v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=');
  });

  it.each<[string, Partial<WebhookRequest>]>([
    ['a request without a signature', { body }],
    ['a signature with another key', { body, headers: sent(body, { by: `whsec_${'A'.repeat(32)}` }) }],
    ['a signature of another body', { body: `${body} `, headers: sent(body) }],
    ['a signature of another ID', { body, headers: { ...sent(body), 'webhook-id': 'msg_other' } }],
    [
      'a signature of another time',
      { body, headers: { ...sent(body), 'webhook-timestamp': String(TIME.getTime() / 1000 + 1) } },
    ],
    ['a request older than five minutes', { body, headers: sent(body, { at: new Date(TIME.getTime() - 301_000) }) }],
    ['a request from the future', { body, headers: sent(body, { at: new Date(TIME.getTime() + 301_000) }) }],
    ['an invalid time', { body, headers: { ...sent(body), 'webhook-timestamp': 'now' } }],
  ])('refuses %s', async (_, parts) => {
    expect(await read(request(parts))).toBe(UNAUTHENTICATED);
  });

  it.each(['{}', 'x', JSON.stringify({ events: Array(101).fill({}) })])('cannot read %.20s', async (content) => {
    expect(await read(request({ body: content, headers: sent(content) }))).toBe(UNREADABLE);
  });
});

describe('the webhook of Twilio', () => {
  const authToken = 'token';
  const url = `https://api.example/webhooks/sms/twilio?reference=${reference}`;
  const read = readTwilio(async () => ({ authToken }), now);
  const posted = (parameters: Record<string, string>, more: Partial<WebhookRequest> = {}) => {
    const body = new URLSearchParams(parameters);
    return request({
      url,
      query: new URL(url).searchParams,
      headers: { 'x-twilio-signature': signatureOf(url, body, authToken) },
      body: body.toString(),
      ...more,
    });
  };

  it('computes the signature of the example in the documentation', () => {
    const parameters = new URLSearchParams({
      Digits: '1234',
      CallSid: 'CA1234567890ABCDE',
      To: '+18005551212',
      Caller: '+14158675309',
      From: '+14158675309',
    });
    expect(signatureOf('https://mycompany.com/myapp.php?foo=1&bar=2', parameters, '12345')).toBe(
      'RSOYDt4T1cUTdK1PDd93/VVr8B8=',
    );
  });

  it.each([
    [{ MessageStatus: 'delivered' }, [{ kind: 'delivered', about }]],
    [{ MessageStatus: 'undelivered', ErrorCode: '30003' }, [{ kind: 'undelivered', about, reason: '30003' }]],
    [{ MessageStatus: 'failed' }, [{ kind: 'undelivered', about, reason: 'unknown' }]],
    [{ MessageStatus: 'sent' }, [{ kind: 'other' }]],
    [
      { MessageStatus: 'failed', ErrorCode: '21610', To: phone },
      [
        { kind: 'undelivered', about, reason: '21610' },
        { kind: 'opt-out', phone, at: TIME },
      ],
    ],
    [{ From: phone, Body: 'stop' }, [{ kind: 'opt-out', phone, at: TIME }]],
    [{ From: phone, Body: 'alto', OptOutType: 'STOP' }, [{ kind: 'opt-out', phone, at: TIME }]],
    [{ From: phone, Body: 'vuelve', OptOutType: 'START' }, [{ kind: 'opt-in', phone, at: TIME }]],
    [{ From: phone, Body: 'ayuda', OptOutType: 'HELP' }, [{ kind: 'other' }]],
    [{ From: 'whatsapp:+34', Body: 'STOP' }, [{ kind: 'other' }]],
  ])('reads %j', async (parameters, expected) => {
    expect(await read(posted(parameters as Record<string, string>))).toEqual(expected);
  });

  it('ignores a receipt without a reference', async () => {
    const plain = 'https://api.example/webhooks/sms/twilio';
    const headers = {
      'x-twilio-signature': signatureOf(plain, new URLSearchParams({ MessageStatus: 'delivered' }), authToken),
    };
    const parts = { url: plain, query: new URLSearchParams(), headers };
    expect(await read(posted({ MessageStatus: 'delivered' }, parts))).toEqual([{ kind: 'other' }]);
  });

  it.each<[string, Partial<WebhookRequest>]>([
    ['no signature', { headers: {} }],
    ['a signature of another URL', { url: url.replace('api.example', 'elsewhere.example') }],
    ['a signature of another SMS', { url: url.replace('00abcd', '00abce') }],
    ['other parameters', { body: 'MessageStatus=undelivered' }],
    [
      'a signature with another token',
      {
        headers: { 'x-twilio-signature': signatureOf(url, new URLSearchParams('MessageStatus=delivered'), 'guessed') },
      },
    ],
  ])('refuses %s', async (_, more) => {
    expect(await read(posted({ MessageStatus: 'delivered' }, more))).toBe(UNAUTHENTICATED);
  });
});

describe('the webhook of Alibaba Cloud', () => {
  const key = 'k'.repeat(64);
  const read = readAlibaba(async () => ({ key }));
  const body = JSON.stringify([
    { To: '34612345678', Status: '1', TaskId: reference, ErrorCode: 'success' },
    { To: '34612345678', Status: '2', TaskId: reference, ErrorCode: 'UNDELIV' },
    { To: '34612345678', Status: '6', TaskId: reference },
    { To: '34612345678', Status: '1', TaskId: messageId },
  ]);

  it('reads requests with the token in their URL', async () => {
    expect(await read(request({ body, query: new URLSearchParams({ token: key }) }))).toEqual([
      { kind: 'delivered', about },
      { kind: 'undelivered', about, reason: 'UNDELIV' },
      { kind: 'undelivered', about, reason: 'unknown' },
      { kind: 'other' },
    ]);
  });

  it('reads the other events of a call that contains an unreadable event', async () => {
    const mixed = JSON.stringify([
      { Status: '1', TaskId: reference, ErrorCode: null },
      { TaskId: 7 },
      { Status: '2', TaskId: reference },
    ]);
    expect(await read(request({ body: mixed, query: new URLSearchParams({ token: key }) }))).toEqual([
      { kind: 'delivered', about },
      { kind: 'other' },
      { kind: 'undelivered', about, reason: 'unknown' },
    ]);
    expect(await read(request({ body: '{}', query: new URLSearchParams({ token: key }) }))).toBe(UNREADABLE);
  });

  it.each(['', 'k'.repeat(63), 'k'.repeat(65)])('refuses the token %j', async (token) => {
    expect(await read(request({ body, query: new URLSearchParams({ token }) }))).toBe(UNAUTHENTICATED);
  });
});

describe('an event of AWS End User Messaging', () => {
  const readEvent = (more: object) =>
    readAwsEvent(JSON.stringify({ isFinal: true, context: { reference }, ...more }), TIME);

  it.each([
    [{ eventType: 'TEXT_DELIVERED' }, { kind: 'delivered', about }],
    [{ eventType: 'TEXT_SUCCESSFUL' }, { kind: 'delivered', about }],
    [{ eventType: 'TEXT_UNREACHABLE' }, { kind: 'undelivered', about, reason: 'TEXT_UNREACHABLE' }],
    [{ eventType: 'TEXT_SUCCESSFUL', isFinal: false }, { kind: 'other' }],
    [{ eventType: 'TEXT_DELIVERED', context: {} }, { kind: 'other' }],
    [
      { originationNumber: phone, messageBody: 'STOP' },
      { kind: 'opt-out', phone, at: TIME },
    ],
  ])('is read: %j', (event, expected) => {
    expect(readEvent(event)).toEqual(expected);
  });

  it('is ignored if it is not JSON', () => {
    expect(readAwsEvent('STOP', TIME)).toEqual({ kind: 'other' });
  });
});

describe('a reply of a person', () => {
  it.each([
    ...['STOP', 'stop', ' Stop. ', 'STOP ALL', 'unsubscribe', 'Cancel', 'END', 'quit', 'REVOKE', 'opt-out', 'Opt out'],
    ...['REMOVE', 'ARRET', 'Arrêt', 'td', '"STOP"', 'ＳＴＯＰ', 'st\u200Bop'],
  ])('opts out by %j', (text) => {
    expect(inbound(phone, text, TIME)).toEqual({ kind: 'opt-out', phone, at: TIME });
  });

  it.each(['START', 'unstop', 'Start!'])('opts in by %j', (text) => {
    expect(inbound(phone, text, TIME)).toEqual({ kind: 'opt-in', phone, at: TIME });
  });

  it.each(['', 'HELP', 'YES', 'please stop', 'stopped', 'Endlich', undefined])(
    'neither opts out nor opts in by %j',
    (text) => {
      expect(inbound(phone, text, TIME)).toEqual({ kind: 'other' });
    },
  );
});

describe('the request of a webhook', () => {
  const event = {
    rawQueryString: 'a=1',
    headers: {},
    body: 'eyJ4IjoxfQ==',
    isBase64Encoded: true,
  } as unknown as HttpEvent;

  it('has the configured URL, whatever its Host header contains', () => {
    const received = { ...event, headers: { host: 'elsewhere.example' } };
    expect(webhookRequest(received, 'https://api.example/webhooks/sms/twilio')).toMatchObject({
      url: 'https://api.example/webhooks/sms/twilio?a=1',
      body: '{"x":1}',
    });
  });

  it('has a body of at most 256 KB', () => {
    expect(() => webhookRequest({ ...event, body: 'A'.repeat(400_000) }, 'https://x')).toThrow('at most 262144 bytes');
  });
});

describe('the receiver', () => {
  function receiver(failure?: Error) {
    const [sent, optOuts, counted]: [OutgoingMessage[], string[], object[]] = [[], [], []];
    const { receive } = createReceiver({
      optOuts: {
        add: async (number, at, by) => void optOuts.push(`out ${number} ${at.toISOString()} ${by}`),
        remove: async (number, at) => void optOuts.push(`in ${number} ${at.toISOString()}`),
      },
      sender: {
        async send(messages) {
          sent.push(...messages);
          return new Map(failure ? messages.map((one) => [one, failure] as const) : []);
        },
      },
      now,
      count: (values) => void counted.push(values),
    });
    return { receive, sent, optOuts, counted };
  }

  it('replies to the registration with an ID derived from the SMS, so only the first receipt counts', async () => {
    const { receive, sent, counted } = receiver();
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    await receive('twilio', [
      { kind: 'delivered', about: { ...about, traceparent } },
      { kind: 'undelivered', about, reason: '30003' },
    ]);
    const messages = sent.map(({ body }) => JSON.parse(body));
    expect(messages).toMatchObject([
      {
        source: '/rollcall/sms',
        subject: about.memberId,
        causationid: messageId,
        traceparent,
        data: { step: 'welcome-sms-delivery', summary: 'delivery confirmed by the provider' },
      },
      { data: { step: 'welcome-sms-delivery', summary: 'not delivered: 30003' } },
    ]);
    expect(messages[0].id).toBe(messages[1].id);
    expect(counted).toEqual([{ TextsDelivered: 1, TextsUndelivered: 1 }]);
  });

  it('stores opt-outs and opt-ins in the order of their reports', async () => {
    const { receive, optOuts, sent } = receiver();
    await receive('http', [
      { kind: 'opt-out', phone, at: TIME },
      { kind: 'opt-in', phone, at: TIME },
      { kind: 'other' },
    ]);
    const at = TIME.toISOString();
    expect([optOuts, sent]).toEqual([[`out ${phone} ${at} sms-http`, `in ${phone} ${at}`], []]);
  });

  it('fails, so that the provider retries, if a reply could not be sent', async () => {
    const { receive, counted } = receiver(new Error('throttled'));
    await expect(receive('aws', [{ kind: 'delivered', about }])).rejects.toThrow('throttled');
    expect(counted).toEqual([]);
  });
});
