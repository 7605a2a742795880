import { gzipSync } from 'node:zlib';
import { create, toBinary } from '@bufbuild/protobuf';
import fc from 'fast-check';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { rpc } from '../../functions/registration/rpc.handler.ts';
import { RegisterRequestSchema } from '../../shared/contracts/generated/rollcall/members/v1/member_service_pb.ts';
import { memberIdOf } from '../support/builders.ts';
import { call, type RequestParts } from '../support/http.ts';

const tables = await vi.hoisted(async () => {
  const support = await import('../support/http.ts');
  Object.assign(process.env, support.REGISTRATION_ENVIRONMENT);
  return new support.OneMemberTables();
});
vi.mock('@rollcall/kit/internal/aws/clients', () => ({ createDynamoDB: () => tables }));
vi.mock('../../shared/pseudonyms.ts', () => ({
  createPseudonym: () => async (personal: string) => personal,
}));
beforeEach(() => {
  tables.written.length = 0;
});

const METHODS = [
  'Register',
  'GetMember',
  'UpdateMember',
  'DeactivateMember',
  'RedeemPoints',
  'WatchOperation',
] as const;
const person = { phone: '+34612345678', name: 'Lucía', locale: 'es' };

async function ask(method: string, { headers, ...parts }: RequestParts) {
  const { statusCode = 0, body = '' } = await call(rpc, {
    method: 'POST',
    path: `/rollcall.members.v1.MemberService/${method}`,
    headers: { 'content-type': 'application/json', ...headers },
    ...parts,
  });
  return { status: statusCode, text: Buffer.from(body, 'base64').toString() };
}

const hostile = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc.string({ unit: 'binary-ascii', minLength: 1, maxLength: 20 }).map((text) => text.repeat(400)),
);
const value = fc.oneof(
  hostile,
  fc.constantFrom<unknown>(...Object.values(person), memberIdOf(1), 1, 2 ** 40, null),
  fc.jsonValue(),
);
const FIELDS = ['phone', 'name', 'locale', 'id', 'memberId', 'version', 'points', 'idempotencyKey', '__proto__'];
const body = fc.oneof(
  fc.dictionary(fc.constantFrom(...FIELDS), value).map((fields) => JSON.stringify(fields)),
  hostile,
  fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
);
const headers = fc.record(
  {
    'content-type': fc.oneof(fc.constantFrom('application/json', 'application/proto', 'application/grpc-web'), hostile),
    'connect-timeout-ms': fc.oneof(fc.constant('1000'), hostile),
    traceparent: hostile,
    accept: hostile,
  },
  { requiredKeys: [] },
);

describe('a call', () => {
  it.each(METHODS)(
    'of %s with any content causes no server error, and little of the content is repeated',
    async (method) => {
      await fc.assert(
        fc.asyncProperty(headers, body, async (sent, content) => {
          const { status, text } = await ask(method, { headers: sent, body: content });
          expect(status, text).toBeLessThan(500);
          for (let at = 0; at + 200 < text.length; at++) {
            expect(content.toString().includes(text.slice(at, at + 201)), text).toBe(false);
          }
        }),
        { numRuns: 150 },
      );
    },
  );

  it.each<[string, string, RequestParts]>([
    [
      'malformed Protobuf',
      'Register',
      { headers: { 'content-type': 'application/proto' }, body: Buffer.from('ffff', 'hex') },
    ],
    ['malformed JSON', 'Register', { body: '{' }],
    ['JSON nested 10,000 deep', 'Register', { body: `{"more":${'['.repeat(10_000)}${']'.repeat(10_000)}}` }],
    ['invalid UTF-8', 'Register', { body: Buffer.from('{"name":"\xff"}', 'latin1') }],
    ['a text instead of a number', 'RedeemPoints', { body: JSON.stringify({ points: 'x'.repeat(1_000) }) }],
    ['an invalid header', 'Register', { headers: { traceparent: 'ключ' }, body: '{}' }],
    ['a harmful name', 'Register', { body: JSON.stringify({ ...person, name: 'evil.com' }) }],
  ])('with %s is refused', async (_, method, parts) => {
    const { status, text } = await ask(method, parts);
    expect([status, JSON.parse(text).code]).toEqual([400, 'invalid_argument']);
    expect(JSON.parse(text).message.length).toBeLessThanOrEqual(200);
    expect(tables.written).toEqual([]);
  });

  it('is refused as unimplemented if it is compressed', async () => {
    const { status, text } = await ask('Register', {
      headers: { 'content-encoding': 'gzip' },
      body: gzipSync(JSON.stringify(person)),
    });
    expect([status, JSON.parse(text).code]).toEqual([501, 'unimplemented']);
  });

  it('by GET with a body is refused, and by POST with a valid body is accepted', async () => {
    expect((await ask('GetMember', { method: 'GET', body: '{}' })).status).toBe(400);
    const message = Buffer.from(toBinary(RegisterRequestSchema, create(RegisterRequestSchema, person)));
    for (const [type, content] of Object.entries({ json: JSON.stringify(person), proto: message })) {
      expect(
        await ask('Register', { headers: { 'content-type': `application/${type}` }, body: content }),
      ).toMatchObject({
        status: 200,
      });
    }
  });
});
