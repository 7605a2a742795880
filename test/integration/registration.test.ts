import { PutCommand, ScanCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { type ActiveMember, changeProfile, deactivate } from '../../functions/registration/member.ts';
import { createMemberStore, guardKey } from '../../functions/registration/store.ts';
import { stageNamed } from '../../infra/stages.ts';
import { changedAssembly } from '../support/assembly.ts';
import { TIME } from '../support/builders.ts';
import { eventually, newPhone, startTestCloud, type TestCloud } from '../support/cloud.ts';

let cloud: TestCloud;
beforeAll(async () => {
  cloud = await startTestCloud();
});
afterAll(() => cloud.stop());

const applicant = (phone = newPhone()) => ({ phone, name: 'Lucía', locale: 'es' });
const register = (body: unknown = applicant(), headers = {}) => cloud.request('POST', '/v1/members', body, headers);

describe('POST /v1/members', () => {
  it('returns 201 with Location, ETag, and links', async () => {
    const { status, headers, body } = await register({ ...applicant('+34600111222'), name: ' Lucía ', locale: 'ES' });
    expect(status).toBe(201);
    expect(body).toMatchObject({ phone: '+34600111222', name: 'Lucía', locale: 'es', version: 1 });
    expect(headers.get('location')).toBe(`/v1/members/${body.id}`);
    expect(headers.get('etag')).toBe('"1"');
    expect(body._links.points.href).toBe(`/v1/members/${body.id}/points`);
  });

  it('returns the same response for the same Idempotency-Key and body', async () => {
    const body = applicant();
    const [first, second] = [
      await register(body, { 'idempotency-key': 'k1' }),
      await register(body, { 'idempotency-key': 'k1' }),
    ];
    expect(second.status).toBe(201);
    expect(second.body).toEqual(first.body);
    for (const name of ['location', 'etag']) expect(second.headers.get(name)).toBe(first.headers.get(name));
  });

  it('registers a phone once if the same request is sent many times at once', async () => {
    const body = applicant();
    const responses = await Promise.all(Array.from({ length: 8 }, () => register(body, { 'idempotency-key': 'k2' })));
    expect(responses.map(({ status }) => status)).toEqual(Array(8).fill(201));
    expect(new Set(responses.map(({ body: { id } }) => id)).size).toBe(1);
  });

  it('returns 409 if the phone is taken, with another key or none', async () => {
    const body = applicant();
    await register(body, { 'idempotency-key': 'k3' });
    expect((await register(body)).status).toBe(409);
    expect((await register(body, { 'idempotency-key': 'other' })).body.type).toBe('/problems/phone-taken');
  });

  it('returns 422 if the key was used with another body', async () => {
    const body = applicant();
    await register(body, { 'idempotency-key': 'k4' });
    const { status, body: problem } = await register({ ...body, name: 'Ana' }, { 'idempotency-key': 'k4' });
    expect([status, problem.type]).toEqual([422, '/problems/idempotency-key-reused']);
  });

  it('names each invalid field', async () => {
    const { status, headers, body } = await register({ phone: '123', name: '', locale: 'no locale' });
    expect(status).toBe(422);
    expect(headers.get('content-type')).toBe('application/problem+json');
    expect(body.errors.map(({ pointer }: { pointer: string }) => pointer)).toEqual(['#/phone', '#/name', '#/locale']);
  });

  it.each<[string, unknown, Record<string, string>, number]>([
    ['broken JSON', '{"phone":', {}, 400],
    ['no body', '', {}, 400],
    ['a list', '[]', {}, 422],
    ['null', 'null', {}, 422],
    ['a prototype in JSON', '{"__proto__":{"admin":true}}', {}, 400],
    ['another content type', 'phone=1', { 'content-type': 'application/x-www-form-urlencoded' }, 415],
    ['text', 'hello', { 'content-type': 'text/plain' }, 415],
    ['more than 64 KB', { ...applicant(), name: 'x'.repeat(70_000) }, {}, 413],
    ['a name that is not valid text', `{"phone":"+34600111333","name":"\\ud800","locale":"es"}`, {}, 422],
    ['an invalid Idempotency-Key', applicant(), { 'idempotency-key': 'a b' }, 400],
  ])('refuses %s with a problem and no stack trace', async (_, body, headers, expected) => {
    const { status, headers: responseHeaders, body: problem } = await register(body, headers);
    expect(status).toBe(expected);
    expect(responseHeaders.get('content-type')).toBe('application/problem+json');
    expect(problem).toMatchObject({ status: expected, instance: '/v1/members' });
    expect(JSON.stringify(problem)).not.toMatch(/\bat .*:\d+/);
  });
});

describe('one member', () => {
  it('is read with its version as ETag', async () => {
    const { body } = await register();
    const read = await cloud.request('GET', `/v1/members/${body.id}`);
    expect([read.status, read.headers.get('etag'), read.body]).toEqual([200, '"1"', body]);
  });

  it('is changed only at the version that the caller read', async () => {
    const path = `/v1/members/${(await register()).body.id}`;
    const changed = await cloud.request('PATCH', path, { locale: 'en' }, { 'if-match': '"1"' });
    expect([changed.status, changed.headers.get('etag'), changed.body.locale]).toEqual([200, '"2"', 'en']);
    expect((await cloud.request('PATCH', path, { locale: 'es' }, { 'if-match': '"1"' })).status).toBe(412);
    expect((await cloud.request('PATCH', path, { locale: 'es' }, { 'if-match': 'W/"2"' })).status).toBe(412);
    expect((await cloud.request('PATCH', path, { locale: 'es' }, { 'if-match': '"02"' })).status).toBe(412);
    expect((await cloud.request('PATCH', path, { locale: 'es' })).status).toBe(428);
    expect((await cloud.request('PATCH', path, {}, { 'if-match': '"2"' })).status).toBe(422);
    expect((await cloud.request('GET', path)).body).toMatchObject({ version: 2, locale: 'en' });
    expect((await cloud.request('PATCH', path, { locale: 'es' }, { 'if-match': '"7", "2"' })).status).toBe(200);
  });

  it('has a guard for its phone; the guard is in no index, and the item of the member refers to it, also after a change', async () => {
    const { id } = (await register()).body;
    const { Items = [] } = await cloud.dynamodb.send(
      new ScanCommand({ TableName: 'rollcall-dev-members', IndexName: 'of-member' }),
    );
    expect(Items.filter(({ pk }) => !pk.startsWith('operation#'))).toEqual([]);
    await cloud.request('PATCH', `/v1/members/${id}`, { locale: 'en' }, { 'if-match': '"1"' });
    const [member] = await cloud.items('members', `member#${id}`);
    expect(await cloud.items('members', guardKey(String(member?.phonePseudonym)).pk)).toMatchObject([{ holder: id }]);
  });

  it('lets one of two concurrent changes win', async () => {
    const path = `/v1/members/${(await register()).body.id}`;
    const change = (name: string) => cloud.request('PATCH', path, { name }, { 'if-match': '"1"' });
    const statuses = (await Promise.all([change('A'), change('B')])).map(({ status }) => status);
    expect(statuses.toSorted()).toEqual([200, 412]);
  });

  it('refuses a change whose version is outdated when it is written', async () => {
    const { id } = (await register()).body;
    const store = createMemberStore({
      pseudonym: async (phone) => phone,
      subscribers: async () => ['guide'],
      client: cloud.dynamodb,
      membersTable: 'rollcall-dev-members',
      outboxTable: 'rollcall-dev-outbox',
      phoneLimit: { burst: 2, perMinute: 2 },
      phonesRememberedDays: null,
    });
    const change = (name: string, before: ActiveMember) => changeProfile(before, { name }, TIME);
    const context = (messageId: string) => ({ now: TIME, newId: () => messageId });
    const decided: string[] = [];
    const second = await store.change(
      id,
      async (before) => {
        const { name, version } = before as ActiveMember;
        decided.push(`${name} at ${version}`);
        if (version === 1) await store.change(id, (one) => change('first', one as ActiveMember), context('first'));
        return version === 1 ? change('second', before as ActiveMember) : undefined;
      },
      context('second'),
    );
    expect([second.result, decided]).toEqual(['unchanged', [expect.stringMatching(/ at 1$/), 'first at 2']]);
    expect((await cloud.request('GET', `/v1/members/${id}`)).body.name).toBe('first');
  });

  it('is deactivated: its data is erased, its phone released, and it no longer exists', async () => {
    const body = applicant();
    const { id } = (await register(body, { 'idempotency-key': 'k5' })).body;
    expect((await cloud.request('DELETE', `/v1/members/${id}`, undefined, { 'if-match': '"9"' })).status).toBe(412);
    expect((await cloud.request('DELETE', `/v1/members/${id}`)).status).toBe(204);
    expect((await cloud.request('DELETE', `/v1/members/${id}`)).status).toBe(204);
    expect((await cloud.request('GET', `/v1/members/${id}`)).status).toBe(404);
    const [item] = await cloud.items('members', `member#${id}`);
    expect(item).toEqual({
      pk: `member#${id}`,
      id,
      status: 'deactivated',
      version: 2,
      deactivatedAt: expect.any(String),
    });
    expect((await register(body)).status).toBe(201);
  });

  it.each(['GET', 'DELETE'])('is 404 for %s if it does not exist', async (method) => {
    expect((await cloud.request(method, '/v1/members/nobody')).body).toMatchObject({
      status: 404,
      type: '/problems/not-found',
    });
  });
});

describe('a phone whose member left', () => {
  const DAY_SECONDS = 24 * 3600;
  const idOf = async (body: unknown, headers = {}): Promise<string> => (await register(body, headers)).body.id;
  const leave = (id: string) => cloud.request('DELETE', `/v1/members/${id}`);
  /** Waits until the points of a member are stored. @returns the points and the reason of each entry */
  const earned = (id: string) =>
    eventually(async () => {
      const { status, body } = await cloud.request('GET', `/v1/members/${id}/points`);
      return status === 200 && body.entries.map(({ points, reason }: any) => [points, reason]);
    });
  const marks = async () =>
    (
      await cloud.dynamodb.send(new ScanCommand({ TableName: 'rollcall-dev-members', ConsistentRead: true }))
    ).Items?.filter(({ pk, holder }) => pk.startsWith('phone#') && holder === undefined) ?? [];
  const markAt = async (leftAt: string) => (await marks()).find((mark) => mark.leftAt === leftAt);
  const leftAt = async (id: string) => (await cloud.items('members', `member#${id}`))[0]?.deactivatedAt as string;

  it('may register again, but earns no further bonus', async () => {
    const body = applicant();
    const first = await idOf(body);
    expect(await earned(first)).toEqual([[100, 'registration']]);
    await leave(first);
    const second = await idOf(body);
    expect(second).not.toBe(first);
    expect(await earned(second)).toEqual([[0, 'registration']]);
    const bonus = await eventually(async () =>
      (await cloud.request('GET', `/v1/members/${second}/onboarding`)).body.steps.find(
        ({ step }: any) => step === 'bonus',
      ),
    );
    expect(bonus.summary).toBe('0 points credited: the bonus is given once per phone');
    // The same applies to RPC.
    await cloud.rpc('DeactivateMember', { id: second });
    const third = (await cloud.rpc('Register', body)).body.member.id;
    expect(await earned(third)).toEqual([[0, 'registration']]);
  });

  it('is remembered by a mark without personal data, which expires', async () => {
    const body = applicant();
    const id = await idOf(body);
    await leave(id);
    const at = await leftAt(id);
    const mark = await markAt(at);
    const until = Math.ceil(Date.parse(at) / 1000) + (stageNamed('dev').phonesRememberedDays ?? 0) * DAY_SECONDS;
    expect(mark).toEqual({
      pk: expect.stringMatching(/^phone#[\w-]{43}$/),
      leftAt: at,
      returningUntil: until,
      expiresAt: until,
    });
    // DynamoDB may delete an expired mark days later. Until then, the mark must have no effect.
    await cloud.dynamodb.send(
      new PutCommand({
        TableName: 'rollcall-dev-members',
        Item: { ...mark, returningUntil: Math.floor(Date.now() / 1000) },
      }),
    );
    expect(await earned(await idOf(body))).toEqual([[100, 'registration']]);
    expect(await markAt(at)).toBeUndefined();
  });

  it('is registered once if the same request is sent many times at once', async () => {
    const body = applicant();
    await leave(await idOf(body));
    const responses = await Promise.all(Array.from({ length: 8 }, () => register(body, { 'idempotency-key': 'k6' })));
    expect(responses.map(({ status }) => status)).toEqual(Array(8).fill(201));
    expect(new Set(responses.map(({ body: { id } }) => id)).size).toBe(1);
    expect((await register(body, { 'idempotency-key': 'k7' })).status).toBe(409);
  });

  it('has a mark only until its token bucket is full, in a stage that remembers no phones', async () => {
    const phone = newPhone();
    const id = await idOf(applicant(phone));
    const store = createMemberStore({
      pseudonym: async () => 'nobody',
      subscribers: async () => ['guide'],
      client: cloud.dynamodb,
      membersTable: 'rollcall-dev-members',
      outboxTable: 'rollcall-dev-outbox',
      phoneLimit: { burst: 2, perMinute: 2 },
      phonesRememberedDays: null,
    });
    const Item = { pk: 'phone#nobody', holder: id };
    await cloud.dynamodb.send(new PutCommand({ TableName: 'rollcall-dev-members', Item }));
    const left = await store.deactivate(id, (before) => deactivate(before, TIME), { now: TIME, newId: () => 'left' });
    expect(left.result).toBe('done');
    const [mark] = await cloud.items('members', 'phone#nobody');
    const leftAt = TIME.toISOString();
    expect(mark).toEqual({ pk: 'phone#nobody', leftAt, expiresAt: Math.ceil(Date.parse(leftAt) / 1000) + 60 });
  });
});

describe('an invalid member id', () => {
  it.each(['nobody', 'x'.repeat(3_000), '..%2f..'])('is 404: %s', async (id) => {
    for (const path of ['', '/points', '/guide']) {
      expect((await cloud.request('GET', `/v1/members/${id}${path}`)).body).toMatchObject({ status: 404 });
    }
  });
});

describe('a request without a route', () => {
  it('is a 404 problem at an unknown path', async () => {
    const { body } = await cloud.request('GET', '/v1/nothing');
    expect(body).toMatchObject({ status: 404, type: '/problems/not-found' });
    // The path is not repeated, because it may contain a phone.
    expect(body).not.toHaveProperty('instance');
  });

  it('is a 405 problem with Allow for a wrong method', async () => {
    const { status, headers } = await cloud.request('PUT', '/v1/members/x', {});
    expect([status, headers.get('allow')]).toEqual([405, 'GET, HEAD, PATCH, DELETE, OPTIONS']);
    expect((await cloud.request('PUT', '/v1/members', {})).body).toMatchObject({
      status: 405,
      instance: '/v1/members',
    });
  });
});

describe('DELETE /v1/members/{id}', () => {
  const leaveWith = async (change: (resource: any) => void) => {
    const other = await startTestCloud({ assembly: await changedAssembly(['sms', 'points', 'guide'], change) });
    onTestFinished(() => other.stop());
    const { body: member } = await other.request('POST', '/v1/members', applicant());
    const left = await other.request('DELETE', `/v1/members/${member.id}`);
    return { left, erasure: () => other.request('GET', `/v1/members/${member.id}/erasure`), other, member };
  };
  const isEntry = ({ Type }: any) => Type === 'AWS::ServiceDiscovery::Instance';

  it('waits for all subscribers in the directory', async () => {
    const { body } = await register();
    expect((await cloud.request('DELETE', `/v1/members/${body.id}`)).status).toBe(204);
    const { services } = (await cloud.request('GET', `/v1/members/${body.id}/erasure`)).body;
    expect(services.map(({ service }: any) => service)).toEqual(['guide', 'points', 'sms']);
  });

  it('returns 503 while the directory is empty, and does not change the member', async () => {
    const { left, erasure, other, member } = await leaveWith((resource) => {
      if (isEntry(resource)) resource.Properties.ServiceId = 'rollcall-dev/elsewhere';
    });
    expect([left.status, left.body.type, left.headers.get('retry-after')]).toEqual([503, '/problems/busy', '1']);
    expect((await erasure()).status).toBe(404);
    expect((await other.request('GET', `/v1/members/${member.id}`)).status).toBe(200);
  });
});
