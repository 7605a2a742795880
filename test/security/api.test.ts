import { gzipSync } from 'node:zlib';
import { TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import { problem } from '@rollcall/kit/internal/contracts/problem';
import type { HttpResponse } from '@rollcall/kit/internal/http/secured';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, type MockInstance, vi } from 'vitest';
import * as api from '../../functions/registration/api.handler.ts';
import * as redemptions from '../../functions/registration/redemptions.handler.ts';
import { register } from '../../functions/registration/register.handler.ts';
import { apiRoot } from '../../shared/contracts/api-root.ts';
import { member, memberV2 } from '../../shared/contracts/member.ts';
import { onboarding } from '../../shared/contracts/onboarding.ts';
import { operation } from '../../shared/contracts/operation.ts';
import { problems } from '../../shared/contracts/problem.ts';
import { memberIdOf } from '../support/builders.ts';
import { call, type RequestParts } from '../support/http.ts';

const tables = await vi.hoisted(async () => {
  const support = await import('../support/http.ts');
  Object.assign(process.env, support.REGISTRATION_ENVIRONMENT);
  return new support.OneMemberTables();
});
vi.mock('@rollcall/kit/internal/aws/clients', () => ({ createDynamoDB: () => tables }));
vi.mock('@rollcall/kit/internal/discovery/subscribers', () => ({ createSubscribers: () => async () => ['sms'] }));
vi.mock('../../shared/pseudonyms.ts', () => ({
  createPseudonym: () => async (personal: string) => personal,
}));

const person = { phone: '+34612345678', name: 'Lucía', locale: 'es' };
const JSON_HEADERS = { 'content-type': 'application/json' };
const ID = memberIdOf(1);

/** The valid requests of each function, and the schema of its response. */
const FUNCTIONS = {
  root: { handler: api.root, parts: {}, resource: apiRoot },
  register: { handler: register, parts: { method: 'POST', path: '/v1/members' }, resource: member },
  read: { handler: api.read, parts: { id: ID }, resource: member },
  readV2: { handler: api.readV2, parts: { id: ID }, resource: memberV2 },
  change: { handler: api.change, parts: { method: 'PATCH', id: ID }, resource: member },
  deactivate: { handler: api.deactivate, parts: { method: 'DELETE', id: ID }, resource: undefined },
  readOnboarding: { handler: api.readOnboarding, parts: { id: ID }, resource: onboarding },
  redeem: { handler: redemptions.redeem, parts: { method: 'POST', id: ID }, resource: operation },
  readOperation: { handler: redemptions.readOperation, parts: { id: ID }, resource: operation },
  unrouted: { handler: api.unrouted, parts: { method: 'PUT' }, resource: undefined },
} as const;
type Name = keyof typeof FUNCTIONS;
const names = Object.keys(FUNCTIONS) as Name[];

const lines: string[] = [];
let stdout: MockInstance[];
beforeEach(() => {
  lines.length = 0;
  tables.written.length = 0;
  const collect = (chunk: unknown) => lines.push(String(chunk)) > 0;
  stdout = [process.stdout, process.stderr].map((stream) => vi.spyOn(stream, 'write').mockImplementation(collect));
});
afterEach(() => {
  tables.failure = undefined;
  tables.refusal = undefined;
  for (const spy of stdout) spy.mockRestore();
});

const ask = (name: Name, parts: RequestParts = {}) => {
  const { handler, parts: usual } = FUNCTIONS[name];
  return call(handler, { ...usual, ...parts });
};

const post = (body: string | Buffer, headers: Record<string, string> = {}, name: Name = 'register') =>
  ask(name, { headers: { ...JSON_HEADERS, ...headers }, body });

const codeOf = ({ body }: HttpResponse) => JSON.parse(body ?? '{}').type?.replace('/problems/', '');

const MAX_ECHOED = 200;

function expectNoEcho(answer: HttpResponse, inputs: readonly string[]) {
  const response = `${answer.body ?? ''}${Object.values(answer.headers ?? {}).join('')}`;
  for (const input of inputs.filter(({ length }) => length > MAX_ECHOED)) {
    for (let at = 0; at + MAX_ECHOED < response.length; at++) {
      expect(input.includes(response.slice(at, at + MAX_ECHOED + 1)), response).toBe(false);
    }
  }
}

function expectLinesOfJson() {
  for (const line of lines) {
    expect(line).toMatch(/^[^\r\n\u2028\u2029]*\n$/);
    expect(() => JSON.parse(line)).not.toThrow();
  }
}

/** Checks the requirements that every response must meet. */
function expectHarmless(name: Name, answer: HttpResponse, inputs: readonly string[]) {
  const { statusCode = 0, headers = {}, body } = answer;
  expect(statusCode, body).toBeLessThan(500);
  if (statusCode >= 400) {
    expect(headers['content-type']).toBe('application/problem+json');
    expect(problem.parse(JSON.parse(body ?? ''))).toMatchObject({ status: statusCode });
  } else if (body !== undefined) {
    expect(headers['content-type']).toBe('application/json');
    expect(FUNCTIONS[name].resource?.safeParse(JSON.parse(body)).error).toBeUndefined();
  }
  for (const value of Object.values(headers)) expect(String(value)).toMatch(/^[\x20-\x7e]*$/);
  expectNoEcho(answer, inputs);
  expectLinesOfJson();
}

const hostile = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc.string({ unit: 'binary-ascii', maxLength: 300 }),
  fc.constantFrom('\r\nset-cookie: a=b', '\0', '${jndi:ldap://x}', '*', '"1"', 'W/"1"', '__proto__', 'a/b;__proto__=1'),
  fc.constantFrom(
    'wait=1e9',
    'wait=-1',
    ';;;,,,',
    '*/*;q=NaN',
    'application/json;q=0',
    '"'.repeat(9_000),
    ' '.repeat(9_000),
  ),
  fc.string({ unit: 'binary-ascii', minLength: 1, maxLength: 20 }).map((text) => text.repeat(400)),
);
const KEYS = ['phone', 'name', 'locale', 'points', 'expiresIn', '__proto__', 'constructor', 'prototype', 'toString'];
const value = fc.oneof(
  { arbitrary: hostile, weight: 3 },
  fc.constantFrom<unknown>(...Object.values(person), 40, 0, -1, 1.5, 1e308, 2 ** 53, null, true, [], {}, { length: 1 }),
  fc.jsonValue(),
);
const body = fc.oneof(
  fc.dictionary(fc.constantFrom(...KEYS), value, { noNullPrototype: true }).map((fields) => JSON.stringify(fields)),
  fc.record({ name: hostile, phone: fc.constant(person.phone), locale: value }).map((one) => JSON.stringify(one)),
  fc.record({ points: value, expiresIn: value }, { requiredKeys: [] }).map((one) => JSON.stringify(one)),
  fc.json(),
  hostile,
  fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
);
const headers = fc.record(
  {
    'content-type': fc.oneof({ arbitrary: fc.constant('application/json'), weight: 4 }, hostile),
    'content-encoding': fc.oneof({ arbitrary: fc.constant('identity'), weight: 4 }, hostile),
    'if-match': fc.oneof(fc.constant('"1"'), hostile),
    'if-none-match': hostile,
    'idempotency-key': hostile,
    traceparent: hostile,
    prefer: hostile,
    accept: fc.oneof({ arbitrary: fc.constant('*/*'), weight: 4 }, hostile),
  },
  { requiredKeys: ['content-type'] },
);

describe('any input', () => {
  it.each(names)(
    'makes %s return a resource or a problem, repeat little of the input, and log only lines of JSON',
    async (name) => {
      await fc.assert(
        fc.asyncProperty(headers, body, async (sent, content) => {
          const inputs = [...Object.values(sent), content.toString()];
          expectHarmless(name, await ask(name, { headers: sent, body: content }), inputs);
        }),
        { numRuns: 150 },
      );
    },
  );

  it('is harmless in paths and ids', async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...names), hostile, fc.boolean(), async (name, where, asPath) => {
        const parts = asPath ? { path: `/${where}` } : { id: where };
        expectHarmless(name, await ask(name, { headers: JSON_HEADERS, body: '{}', ...parts }), [where]);
      }),
      { numRuns: 300 },
    );
  });

  // A body that names a prototype is refused; the tests below cover that.
  const namesPrototype = /"__proto__":|"constructor":\{.*"prototype":/s;
  const acceptedJson = fc.jsonValue().filter((json) => !namesPrototype.test(JSON.stringify(json)));

  it('sets no prototype, and stores only known fields', async () => {
    await fc.assert(
      fc.asyncProperty(acceptedJson, async (more) => {
        tables.written.length = 0;
        const fields = Object.entries(typeof more === 'object' && more !== null ? more : { more });
        const sent = JSON.stringify({ ...Object.fromEntries(fields), isAdmin: true, status: 'deactivated', ...person });
        expect((await post(sent)).statusCode).toBe(201);
        const [stored] = tables.written;
        expect(Object.keys(stored ?? {}).toSorted()).toEqual([
          ...['id', 'locale', 'name', 'phone', 'phonePseudonym', 'pk', 'registeredAt', 'status', 'version'],
        ]);
        expect(stored).toMatchObject({ ...person, status: 'active' });
      }),
      { numRuns: 50 },
    );
    expect(Object.getOwnPropertyNames(Object.prototype)).not.toContain('isAdmin');
  });

  it('forges no log line, even if the error of a table contains it', async () => {
    await fc.assert(
      fc.asyncProperty(hostile, async (text) => {
        lines.length = 0;
        tables.failure = Object.assign(new Error(`\n{"level":"INFO"}\r\n${text}`), { name: text });
        const answer = await post(JSON.stringify(person), { traceparent: text });
        expect([500, 503]).toContain(answer.statusCode);
        expect(lines.length).toBeGreaterThan(0);
        expectLinesOfJson();
        expect(answer.body).not.toContain('INFO');
      }),
    );
  });
});

describe('a registration that conflicts with concurrent ones of the same phone', () => {
  it('gets 503 with Retry-After if the conflicts do not end in time', async () => {
    tables.refusal = new TransactionCanceledException({
      message: 'conflict',
      $metadata: {},
      CancellationReasons: [{ Code: 'None' }, { Code: 'None' }, { Code: 'TransactionConflict' }],
    });
    const answer = await post(JSON.stringify(person));
    expect([answer.statusCode, codeOf(answer)]).toEqual([503, 'busy']);
    expect(answer.headers?.['retry-after']).toBe('1');
  });
});

describe('a body', () => {
  const good = JSON.stringify(person);
  const nested = (levels: number, open: string, close: string, inner = '1') =>
    `${good.slice(0, -1)},"more":${open.repeat(levels)}${inner}${close.repeat(levels)}}`;

  it.each<[string, string | Buffer, Record<string, string>, keyof typeof problems]>([
    ['lists nested 10,000 deep', nested(10_000, '[', ']'), {}, 'malformed-json'],
    ['objects nested 10,000 deep', nested(10_000, '{"":', '}'), {}, 'malformed-json'],
    ['unclosed lists', '['.repeat(60_000), {}, 'malformed-json'],
    ['33 levels', nested(32, '[', ']'), {}, 'malformed-json'],
    ['__proto__', `{"__proto__":{"isAdmin":true},${good.slice(1)}`, {}, 'malformed-json'],
    ['__proto__ in disguise', `{"__\\u0070roto__":{"isAdmin":true},${good.slice(1)}`, {}, 'malformed-json'],
    ['a prototype', `{"constructor":{"prototype":{"isAdmin":true}},${good.slice(1)}`, {}, 'malformed-json'],
    ['NaN', '{"points":NaN}', {}, 'malformed-json'],
    ['a comment', `${good}//`, {}, 'malformed-json'],
    ['a byte order mark', `\uFEFF${good}`, {}, 'malformed-json'],
    ['a byte order mark in bytes', Buffer.from(`\uFEFF${good}`), {}, 'malformed-json'],
    ['UTF-16', Buffer.from(good, 'utf16le'), {}, 'malformed-json'],
    ['invalid UTF-8', Buffer.from(good, 'latin1'), {}, 'malformed-json'],
    ['half a character in UTF-8', Buffer.from('{"name":"\xED\xA0\x80"}', 'latin1'), {}, 'malformed-json'],
    ['nothing', '', {}, 'malformed-json'],
    ['an unsupported charset', good, { 'content-type': 'application/json; charset=utf-16' }, 'unsupported-media-type'],
    ['a charset in quotes', good, { 'content-type': 'application/json;charset="latin1"' }, 'unsupported-media-type'],
    ['another media type', good, { 'content-type': 'application/jsonp' }, 'unsupported-media-type'],
    [
      'a media type in a parameter',
      good,
      { 'content-type': 'text/plain;a=application/json' },
      'unsupported-media-type',
    ],
    ['no media type', good, { 'content-type': '' }, 'unsupported-media-type'],
    ['gzip', gzipSync(good), { 'content-encoding': 'gzip' }, 'unsupported-media-type'],
    ['gzip twice', gzipSync(gzipSync(good)), { 'content-encoding': 'gzip, gzip' }, 'unsupported-media-type'],
    ['a bomb', gzipSync(Buffer.alloc(10_000_000)), { 'content-encoding': 'x-gzip' }, 'unsupported-media-type'],
    ['gzip without a header', gzipSync(good), {}, 'malformed-json'],
    ['more than 64 KB', Buffer.alloc(64 * 1024 + 1, ' '), {}, 'body-too-large'],
    ['a list', '[]', {}, 'invalid'],
    ['a person in a list', `[${good}]`, {}, 'invalid'],
    ['a string', '"person"', {}, 'invalid'],
    ['null', 'null', {}, 'invalid'],
    ['true', 'true', {}, 'invalid'],
    ['a number for a text', '{"phone":34612345678,"name":1,"locale":2}', {}, 'invalid'],
    ['a list for a text', '{"phone":["+34612345678"],"name":["a"],"locale":["es"]}', {}, 'invalid'],
  ])('is refused: %s', async (_, sent, more, code) => {
    const answer = await post(sent, more);
    expect([codeOf(answer), answer.statusCode]).toEqual([code, problems[code].status]);
    expectHarmless('register', answer, [sent.toString()]);
    expect(tables.written).toEqual([]);
  });

  it.each(['1e400', '-1e400', '9007199254740993', '1e308', '0.1', '-0', '"40"', '[40]', '{"valueOf":40}'])(
    'that would redeem %s points is refused',
    async (points) => {
      expect(codeOf(await post(`{"points":${points}}`, {}, 'redeem'))).toBe('invalid');
    },
  );

  it.each<[string, string | Buffer, Record<string, string>]>([
    ['in declared UTF-8', Buffer.from(good), { 'content-type': 'application/json; charset="UTF-8"' }],
    ['with a parameter that has a charset in it', good, { 'content-type': 'application/json; foo="a;charset=latin1"' }],
    ['with white space before a parameter', good, { 'content-type': 'application/json ; Charset=utf-8' }],
    ['in JSON by its suffix', good, { 'content-type': 'application/vnd.example+json' }],
    ['with the content encoding identity', good, { 'content-encoding': 'identity' }],
    ['with 32 levels', nested(31, '[', ']'), {}],
    ['with brackets in a text', nested(1, '[', ']', JSON.stringify('[{"\\'.repeat(100))), {}],
    ['with a constructor without a prototype', nested(1, '{"constructor":', '}'), {}],
  ])('is accepted: %s', async (_, sent, more) => {
    expect((await post(sent, more)).statusCode).toBe(201);
  });

  it('with a repeated key has the last value of the key', async () => {
    const answer = await post(`{"name":"Eva",${good.slice(1, -1)},"name":"Ana"}`);
    expect(JSON.parse(answer.body ?? '')).toMatchObject({ name: 'Ana' });
    expect(codeOf(await post(`${good.slice(0, -1)},"name":"evil.com"}`))).toBe('invalid');
  });
});

describe('a header', () => {
  it.each(['', 'a b', 'ключ', 'a\r\nb', '\0', 'x'.repeat(256)])('Idempotency-Key %j is refused', async (key) => {
    expect(codeOf(await post(JSON.stringify(person), { 'idempotency-key': key }))).toBe('invalid-header');
  });

  it.each(['"2"', '1', 'W/"1"', '"1" "1"', `"${'1'.repeat(9_000)}"`, '"1\0"', '"１"'])(
    'If-Match %j does not match the current version',
    async (ifMatch) => {
      expect(codeOf(await post('{"locale":"en"}', { 'if-match': ifMatch }, 'change'))).toBe('version-mismatch');
      expect(codeOf(await ask('deactivate', { headers: { 'if-match': ifMatch } }))).toBe('version-mismatch');
    },
  );

  it.each(['"1"', 'W/"1"', '"2", "1"', '*'])(
    'If-None-Match %j matches, so the change is refused',
    async (ifNoneMatch) => {
      const headers = { 'if-match': '"1"', 'if-none-match': ifNoneMatch };
      expect(codeOf(await post('{"locale":"en"}', headers, 'change'))).toBe('version-mismatch');
      expect(codeOf(await ask('deactivate', { headers }))).toBe('version-mismatch');
      expect(codeOf(await ask('deactivate', { headers: { 'if-none-match': ifNoneMatch } }))).toBe('version-mismatch');
      expect(tables.written).toEqual([]);
      const other = { 'if-match': '"1"', 'if-none-match': '"2"' };
      expect((await post('{"locale":"en"}', other, 'change')).statusCode).toBe(200);
      expect((await ask('deactivate', { headers: other })).statusCode).toBe(204);
    },
  );

  it.each(['', ' ', ',', ' , ,\t'])('Accept %j is equivalent to no Accept header', async (accept) => {
    expect((await ask('read', { headers: { accept } })).statusCode).toBe(200);
    expect((await post(JSON.stringify(person), { accept })).statusCode).toBe(201);
  });

  it.each(['text/html', 'text/html, ,', 'x;a="application/json"', 'application/json;q=0'])(
    'Accept %j requests an unavailable type',
    async (accept) => {
      expect(codeOf(await ask('read', { headers: { accept } }))).toBe('not-acceptable');
    },
  );

  it.each(['00', `00-${'0'.repeat(9_000)}`, `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01\n`, '\0'])(
    'traceparent %j is dropped',
    async (traceparent) => {
      expect((await post(JSON.stringify(person), { traceparent })).statusCode).toBe(201);
      expect(JSON.stringify(tables.written)).not.toContain('traceparent');
    },
  );
});
