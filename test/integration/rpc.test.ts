import { Code, ConnectError, createClient, type Transport } from '@connectrpc/connect';
import { createGrpcTransport } from '@connectrpc/connect-node';
import { createConnectTransport, createGrpcWebTransport } from '@connectrpc/connect-web';
import { OPERATOR } from '@rollcall/local/internal/iam/access';
import { signedFetch } from '@rollcall/local/internal/iam/signed-fetch';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  MemberService,
  ProblemDetailSchema,
} from '../../shared/contracts/generated/rollcall/members/v1/member_service_pb.ts';
import { memberIdOf } from '../support/builders.ts';
import { newPhone, startTestCloud, type TestCloud } from '../support/cloud.ts';

let cloud: TestCloud;
beforeAll(async () => {
  cloud = await startTestCloud();
});
afterAll(() => cloud.stop());

/** Signs requests with the operator's credentials, because RPC is not public. */
const signed = signedFetch(OPERATOR);

const transports: Array<[string, () => Transport]> = [
  ['Connect', () => createConnectTransport({ baseUrl: cloud.apiUrl, fetch: signed })],
  ['Connect in JSON', () => createConnectTransport({ baseUrl: cloud.apiUrl, fetch: signed, useBinaryFormat: false })],
  ['gRPC-Web', () => createGrpcWebTransport({ baseUrl: cloud.apiUrl, fetch: signed })],
  ['gRPC', () => createGrpcTransport({ baseUrl: String(cloud.grpcUrl) })],
];

/** Returns the code of a call's error, and the type and the invalid fields of the problem that the error contains. */
async function failure(call: Promise<unknown>) {
  const error = ConnectError.from(await call.catch((reason: unknown) => reason));
  const [detail] = error.findDetails(ProblemDetailSchema);
  return { code: Code[error.code], type: detail?.type, violations: detail?.violations.map(({ pointer }) => pointer) };
}

describe.each(transports)('MemberService by %s', (_, transport) => {
  const client = () => createClient(MemberService, transport());
  const applicant = () => ({ phone: newPhone(), name: 'Lucía García', locale: 'es' });

  it('registers, reads, changes and deactivates a member', async () => {
    const { member } = await client().register(applicant());
    expect(member).toMatchObject({ name: 'Lucía García', version: 1 });
    const id = member?.id ?? '';
    expect((await client().getMember({ id })).member).toEqual(member);
    const { member: changed } = await client().updateMember({ id, version: 1, locale: 'zh-cn' });
    expect(changed).toMatchObject({ name: 'Lucía García', locale: 'zh-CN', version: 2 });
    expect((await cloud.request('GET', `/v1/members/${id}`)).body).toMatchObject({ locale: 'zh-CN', version: 2 });
    await client().deactivateMember({ id });
    expect(await failure(client().getMember({ id }))).toMatchObject({ code: 'NotFound', type: '/problems/not-found' });
  });

  it('finds members and operations by their IDs in upper and lower case', async () => {
    const { member } = await client().register(applicant());
    const id = member?.id.toUpperCase() ?? '';
    expect((await client().getMember({ id })).member).toEqual(member);
    const { operation } = await client().redeemPoints({ memberId: id, points: 1 });
    expect(operation?.memberId).toBe(member?.id);
    const seen = await client().watchOperation({ id: operation?.id.toUpperCase() ?? '' });
    expect(seen.operation).toMatchObject({ id: operation?.id, state: 'succeeded' });
    expect((await client().updateMember({ id, version: 1, locale: 'en' })).member).toMatchObject({ id: member?.id });
    await client().deactivateMember({ id });
    expect(await failure(client().getMember({ id }))).toMatchObject({ code: 'NotFound' });
  });

  it('redeems points, and responds when the operation has ended', async () => {
    const { member } = await client().register(applicant());
    const { operation } = await client().redeemPoints({ memberId: member?.id ?? '', points: 40 });
    expect(operation).toMatchObject({ state: 'pending', points: 40 });
    const { operation: ended } = await client().watchOperation({ id: operation?.id ?? '' }, { timeoutMs: 20_000 });
    expect(ended).toMatchObject({ state: 'succeeded', balance: 60 });
    const more = await client().redeemPoints({ memberId: member?.id ?? '', points: 61 });
    const { operation: refused } = await client().watchOperation({ id: more.operation?.id ?? '' });
    expect(refused).toMatchObject({ state: 'failed', problem: { type: '/problems/not-enough-points' } });
  });

  it('returns the same errors as REST, by code and problem type', async () => {
    const { phone } = (await client().register({ ...applicant(), idempotencyKey: 'once' })).member ?? {};
    const taken = { ...applicant(), phone: phone ?? '' };
    expect(await failure(client().register(taken))).toMatchObject({
      code: 'AlreadyExists',
      type: '/problems/phone-taken',
    });
    expect(await failure(client().register({ ...taken, idempotencyKey: 'once', name: 'Eva' }))).toMatchObject({
      code: 'FailedPrecondition',
      type: '/problems/idempotency-key-reused',
    });
    expect(await failure(client().register({ phone: '1', name: '', locale: 'es' }))).toEqual({
      code: 'InvalidArgument',
      type: '/problems/invalid',
      violations: ['#/phone', '#/name'],
    });
    expect(await failure(client().getMember({ id: 'nobody' }))).toMatchObject({ code: 'NotFound' });
    expect(await failure(client().updateMember({ id: memberIdOf(1), name: 'x' }))).toMatchObject({
      code: 'FailedPrecondition',
      type: '/problems/precondition-required',
    });
    expect(await failure(client().updateMember({ id: memberIdOf(1), name: 'x', version: 1 }))).toMatchObject({
      code: 'NotFound',
    });
    expect(await failure(client().redeemPoints({ memberId: memberIdOf(1), points: -1 }))).toMatchObject({
      code: 'InvalidArgument',
      violations: ['#/points'],
    });
  });

  it('returns the same response for the same idempotency key', async () => {
    const request = { ...applicant(), idempotencyKey: 'key' };
    const first = await client().register(request);
    expect(await client().register(request)).toEqual(first);
  });

  it("returns the state of an operation before the watcher's deadline", async () => {
    const { member } = await client().register(applicant());
    const { operation } = await client().redeemPoints({ memberId: member?.id ?? '', points: 1 });
    const { operation: seen } = await client().watchOperation({ id: operation?.id ?? '' }, { timeoutMs: 20_000 });
    expect(seen?.state).toBe('succeeded');
  });
});

describe('a deadline', () => {
  it.each([
    ['connect-timeout-ms', '1', 'application/json'],
    ['grpc-timeout', '1m', 'application/grpc-web+json'],
  ])('is enforced by the server: %s', async (header, timeout, type) => {
    const person = JSON.stringify({ phone: newPhone(), name: 'Lucía', locale: 'es' });
    const frame = Buffer.from([0, 0, 0, 0, Buffer.byteLength(person)]);
    const body = type.includes('grpc') ? Buffer.concat([frame, Buffer.from(person)]) : person;
    const response = await signed(`${cloud.apiUrl}/rollcall.members.v1.MemberService/Register`, {
      method: 'POST',
      headers: { 'content-type': type, [header]: timeout },
      body,
    });
    // No table responds within one millisecond. 4 is DEADLINE_EXCEEDED.
    const refusal = `grpc-status: ${response.headers.get('grpc-status')} ${await response.text()}`;
    expect(refusal).toMatch(/grpc-status: 4|deadline_exceeded/);
  });
});

describe('an invalid call', () => {
  const post = (url: string, type: string, body: string | Buffer) =>
    signed(url, { method: 'POST', headers: { 'content-type': type }, body });
  const method = () => `${cloud.apiUrl}/rollcall.members.v1.MemberService/Register`;

  it('is refused: malformed Protobuf, malformed JSON, another content type, an unknown method', async () => {
    const malformed = await post(method(), 'application/proto', Buffer.from('ffff', 'hex'));
    expect([malformed.status, await malformed.json()]).toMatchObject([400, { code: 'invalid_argument' }]);
    expect((await post(method(), 'application/json', '{')).status).toBe(400);
    expect((await post(method(), 'text/plain', 'hello')).status).toBe(415);
    expect((await post(method().replace('Register', 'Sing'), 'application/json', '{}')).status).toBe(404);
  });

  it('is refused if it exceeds the size limit of the API', async () => {
    const response = await post(method(), 'application/json', JSON.stringify({ name: 'x'.repeat(70_000) }));
    expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([429, 'resource_exhausted']);
  });
});
