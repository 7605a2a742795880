import type { Route } from '@rollcall/kit/internal/contracts/route';
import fc from 'fast-check';

/** Known values, which nearly valid inputs contain. */
export interface Known {
  ids: readonly string[];
  token: string;
  phone: string;
  name: string;
}

interface HttpInput {
  method: string;
  path: string;
  headers: Record<string, string>;
  body: string | Buffer | undefined;
}

/** Numbers, strings and structures of all kinds, and typical attacks. */
const nonsense = (known: Known): fc.Arbitrary<unknown> =>
  fc.oneof(
    { weight: 3, arbitrary: fc.jsonValue({ maxDepth: 3 }) },
    fc.string({ unit: 'binary', maxLength: 300 }),
    fc.constantFrom(
      known.phone,
      known.name,
      ...known.ids,
      '',
      null,
      -1,
      1e308,
      '${jndi:ldap://127.0.0.1/a}',
      "' OR 1=1 --",
      '=cmd|calc!A1',
      '\u202Eevil\u0000\r\nset-cookie: a=b',
      'x'.repeat(70_000),
      { $ne: null },
      JSON.parse('{"__proto__":{"admin":true},"constructor":{"prototype":{"admin":true}}}'),
    ),
  );

const fields = [
  'phone',
  'name',
  'locale',
  'points',
  'expiresIn',
  'id',
  'memberId',
  'version',
  '__proto__',
  'constructor',
];

const document = (known: Known): fc.Arbitrary<unknown> =>
  fc.oneof(
    fc.record(
      {
        phone: fc.oneof(fc.constant(known.phone), fc.stringMatching(/^\+3469[0-9]{7}$/), nonsense(known)),
        name: fc.oneof(fc.constant(known.name), nonsense(known)),
        locale: fc.oneof(fc.constantFrom('es', 'en'), nonsense(known)),
        points: fc.oneof(fc.integer({ min: -5, max: 200 }), nonsense(known)),
        expiresIn: fc.oneof(fc.integer({ min: -5, max: 4_000 }), nonsense(known)),
      },
      { requiredKeys: [] },
    ),
    fc.dictionary(fc.constantFrom(...fields), nonsense(known)),
    nonsense(known),
  );

const body = (known: Known): fc.Arbitrary<string | Buffer> =>
  fc.oneof(
    { weight: 6, arbitrary: document(known).map((value) => JSON.stringify(value) ?? '') },
    fc.uint8Array({ maxLength: 500 }).map((bytes) => Buffer.from(bytes)),
    fc.string({ maxLength: 200 }),
    fc.integer({ min: 1, max: 20_000 }).map((depth) => '['.repeat(depth)),
  );

/** Only characters that HTTP allows in a header. */
const headerValue = (known: Known): fc.Arbitrary<string> =>
  fc.oneof(
    fc.stringMatching(/^[\x20-\x7e\xa0-\xff]{0,200}$/),
    fc.constantFrom(
      '*',
      '"1"',
      'W/"1"',
      'wait=0',
      'wait=99999999999',
      'application/json',
      'text/html;q=0',
      'gzip',
      'chunked',
      known.phone,
    ),
  );

const HEADERS = [
  'accept',
  'accept-language',
  'authorization',
  'content-type',
  'content-encoding',
  'idempotency-key',
  'if-match',
  'if-none-match',
  'prefer',
  'traceparent',
  'tracestate',
  'x-forwarded-for',
  'origin',
  'range',
  'cookie',
  'x-http-method-override',
];

const segment = (known: Known): fc.Arbitrary<string> =>
  fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(...known.ids) },
    fc.uuid(),
    fc.string({ unit: 'binary', maxLength: 60 }).map(encodedOf),
    fc.constantFrom('..%2f..', '%00', '%', '%c0%ae', known.phone, encodedOf(known.name), 'x'.repeat(4_000)),
  );

/** Encodes a text for a URL. Replaces lone surrogates, which have no encoding. */
const encodedOf = (text: string) => encodeURIComponent(text.toWellFormed());

export const httpRequest = (routes: readonly Route[], known: Known): fc.Arbitrary<HttpInput> =>
  fc
    .record({
      route: fc.constantFrom(...routes),
      method: fc.option(fc.constantFrom('GET', 'HEAD', 'POST', 'PATCH', 'PUT', 'DELETE', 'OPTIONS'), { freq: 8 }),
      id: segment(known),
      query: fc.option(fc.string({ unit: 'binary', maxLength: 100 }).map(encodedOf), { freq: 4 }),
      headers: fc.dictionary(fc.constantFrom(...HEADERS), headerValue(known), { maxKeys: 4 }),
      isOperator: fc.boolean(),
      body: body(known),
    })
    .map(({ route, method, id, query, headers, isOperator, body: content }) => {
      const chosen = method ?? route.method;
      // The first member is never deactivated, because later inputs need a member.
      const isForbidden = chosen === 'DELETE' && id === known.ids[0];
      return {
        method: isForbidden ? 'GET' : chosen,
        path: route.path.replace('{id}', id) + (query === null ? '' : `?${query}`),
        headers: {
          ...(chosen === 'POST' || chosen === 'PATCH' ? { 'content-type': 'application/json' } : {}),
          'if-match': '*',
          ...headers,
          ...(isOperator && { authorization: `Bearer ${known.token}` }),
        },
        body: ['GET', 'HEAD', 'OPTIONS'].includes(isForbidden ? 'GET' : chosen) ? undefined : content,
      };
    });

export const rpcRequest = (paths: readonly string[], known: Known): fc.Arbitrary<HttpInput> =>
  fc
    .record({
      path: fc.constantFrom(...paths),
      type: fc.constantFrom(
        'application/json',
        'application/proto',
        'application/grpc-web+proto',
        'application/connect+json',
        'text/plain',
      ),
      timeout: fc.option(fc.constantFrom('1', '0', '-1', 'abc', '99999999999'), { freq: 3 }),
      body: fc.oneof(
        fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
        document(known).map((value) => JSON.stringify(value) ?? ''),
        fc.constantFrom(...known.ids).map((id) => JSON.stringify({ id, memberId: id, points: 1 })),
        fc.dictionary(fc.constantFrom(...fields), fc.jsonValue({ maxDepth: 1 })).map((value) => JSON.stringify(value)),
      ),
    })
    .map(({ path, type, timeout, body: content }) => ({
      method: 'POST',
      path,
      headers: { 'content-type': type, ...(timeout !== null && { 'connect-timeout-ms': timeout }) },
      body: content,
    }));

function subjectOf(data: unknown): { subject?: string } {
  const subject = (data as { memberId?: unknown } | undefined | null)?.memberId;
  return typeof subject === 'string' && subject !== '' ? { subject } : {};
}

/** A batch of one message, in the form in which a queue delivers it to a consumer. */
export const queueMessage = (functions: readonly string[], known: Known) =>
  fc
    .record({
      fn: fc.constantFrom(...functions),
      header: fc.record(
        {
          specversion: fc.oneof({ weight: 9, arbitrary: fc.constant('1.0') }, fc.string()),
          id: fc.oneof(fc.uuid(), fc.string({ maxLength: 300 })),
          source: fc.constantFrom('/rollcall/registration', '/rollcall/points', '/evil', ''),
          type: fc.constantFrom(
            'rollcall.member.registered.v1',
            'rollcall.member.registered.v2',
            'rollcall.member.profile-changed.v1',
            'rollcall.member.deactivated.v1',
            'rollcall.points.redeem.v1',
            'rollcall.sms.send.v1',
            'rollcall.points.redemption-settled.v1',
            'rollcall.member.data-erased.v1',
            'rollcall.nothing.v1',
            '',
          ),
          subject: fc.oneof(fc.uuid(), fc.string({ unit: 'binary', maxLength: 250 })),
          time: fc.oneof({ weight: 9, arbitrary: fc.constant('2026-11-21T10:00:00.000Z') }, fc.string()),
          datacontenttype: fc.constantFrom('application/json', 'application/protobuf', 'text/plain'),
          partitionkey: fc.oneof({ weight: 9, arbitrary: fc.constant('k') }, fc.string()),
          sequence: fc.oneof(fc.nat({ max: 3 }).map(String), fc.string({ maxLength: 20 })),
          correlationid: fc.oneof(fc.uuid(), fc.string({ maxLength: 300 })),
          replyto: fc.constantFrom('registration-replies', 'nowhere', '__proto__', ''),
          traceparent: fc.string({ maxLength: 100 }),
          data: document(known),
          data_base64: fc.oneof(fc.base64String(), fc.constant(7)),
        },
        { requiredKeys: ['specversion', 'id', 'source', 'type', 'subject', 'time', 'partitionkey'] },
      ),
      raw: fc.option(
        fc.oneof(
          fc.string({ maxLength: 200 }),
          fc.jsonValue().map((value) => JSON.stringify(value)),
        ),
        { freq: 8 },
      ),
      messageId: fc.uuid(),
      senderId: fc.constantFrom(
        'AROAFUZZ:rollcall-dev-registration-outbox-relay',
        'AROAFUZZ:rollcall-dev-points-commands-consume',
        'AIDAFUZZ',
      ),
      // In most messages, the subject matches the data, because a message whose subject differs is refused early.
      isConsistent: fc.nat(4).map((n) => n > 0),
    })
    .map(({ fn, header, raw, messageId, senderId, isConsistent }) => ({
      fn,
      event: {
        Records: [
          {
            messageId,
            receiptHandle: 'none',
            eventSourceARN: `arn:aws:sqs:us-east-1:000000000000:${fn.replace(/-consume$/, '')}.fifo`,
            body: raw ?? JSON.stringify(isConsistent ? { ...header, ...subjectOf(header.data) } : header),
            // A message that fails temporarily is parked at its fifth receive. The fuzzer then finds the error in the
            // parked message.
            attributes: { ApproximateReceiveCount: '5', MessageGroupId: 'fuzz', SenderId: senderId },
          },
        ],
      },
    }));
