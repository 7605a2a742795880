import { ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { paginateScan } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ErasureResource } from '../../shared/contracts/erasure.ts';
import { memberIdOf, profileChanged, registered } from '../support/builders.ts';
import { eventually, newPhone, smsEnvironment, startTestCloud, type TestCloud } from '../support/cloud.ts';
import { runScript } from '../support/run.ts';

/** A name that occurs nowhere else. */
const NAME = 'Quetzalcóatl';
const PHONES = Array.from({ length: 6 }, newPhone) as [string, string, string, string, string, string];
const [ALICE, BOB, REFUSED, UNHEARD, CHANGED, TAKEN] = PHONES;
/** The personal data that the tests search for. */
const personalData = [NAME, ...PHONES.map((phone) => phone.slice(1))];
const personalDataIn = (text: string) => personalData.filter((each) => text.includes(each));

let cloud: TestCloud;
/** The error responses of the API. */
const refusals: string[] = [];
beforeAll(async () => {
  cloud = await startTestCloud({ environment: smsEnvironment({ countries: ['ES', 'FR'], perPhoneAndHour: 2 }) });
});
afterAll(() => cloud.stop());

async function refused(...request: Parameters<TestCloud['request']>): Promise<void> {
  const { status, headers, body } = await cloud.request(...request);
  expect(status).toBeGreaterThanOrEqual(400);
  refusals.push(JSON.stringify([body, ...headers]));
}

const person = (phone: string) => ({ phone, name: NAME, locale: 'es' });
async function register(phone: string): Promise<string> {
  const { status, body } = await cloud.request('POST', '/v1/members', person(phone));
  expect(status).toBe(201);
  return body.id;
}

/** Returns every item of every table, with the name of its table. */
async function everything(): Promise<Array<{ table: string; item: Record<string, any> }>> {
  const { TableNames = [] } = await cloud.dynamodb.send(new ListTablesCommand({}));
  const found = TableNames.map(async (TableName) => {
    const pages = await Array.fromAsync(paginateScan({ client: cloud.dynamodb }, { TableName, ConsistentRead: true }));
    return pages.flatMap(({ Items = [] }) => Items.map((item) => ({ table: TableName, item })));
  });
  return (await Promise.all(found)).flat();
}
const text = (value: unknown) => JSON.stringify(value, (_, each) => (each instanceof Set ? [...each] : each));

const record = (subscriber: string, body: object, id = 'forged') => ({
  Records: [
    {
      eventSourceARN: `arn:aws:sqs:us-east-1:000000000000:rollcall-dev-${subscriber}.fifo`,
      messageId: id,
      body: JSON.stringify(body),
      attributes: { ApproximateReceiveCount: '1' },
    },
  ],
});
/** Creates a registration event with any phone. */
function registrationOf(member: string, phone: string) {
  const message = registered(member);
  return { ...message, id: `about-${member}`, data: { ...message.data, phone, name: NAME } };
}
const parkedOf = async (member: string) =>
  (await cloud.items('sms', member)).filter(({ sk }) => sk.startsWith('parked#'));
const onboarded = (id: string, steps: number) =>
  eventually(async () => (await cloud.request('GET', `/v1/members/${id}/onboarding`)).body.steps.length === steps);
const erased = (id: string) =>
  eventually(async () => {
    const { status, body } = await cloud.request('GET', `/v1/members/${id}/erasure`);
    return status === 200 && (body as ErasureResource).state === 'done' && (body as ErasureResource);
  });

describe('phone and name', () => {
  const ids: Record<string, string> = {};

  it('are stored only where they are needed, for all kinds of requests and failures', async () => {
    ids.alice = await register(ALICE);
    await onboarded(ids.alice, 4);
    // Registrations, changes and calls that are refused, each for a different reason.
    await refused('POST', '/v1/members', person(ALICE));
    await refused('POST', '/v1/members', { ...person(BOB), phone: `${BOB}${BOB}` });
    // This is the only error that repeats a value of the body.
    const respelled = await cloud.request('POST', '/v1/members', person(BOB.replace('+34', '+34 ')));
    expect(respelled.body.errors).toEqual([{ pointer: '#/phone', detail: `must be in E.164 form: ${BOB}` }]);
    await refused('POST', '/v1/members', { ...person(BOB), name: `${NAME} http://x.example` });
    await refused('POST', '/v1/members', `{"phone":"${BOB}","name":"${NAME}"`);
    await refused('POST', '/v1/members', { ...person(BOB), locale: `${NAME} ${BOB}` });
    await refused('GET', `/v1/members/${encodeURIComponent(BOB)}`);
    await refused('GET', `/v1/${NAME}/${encodeURIComponent(BOB)}`);
    await refused('PATCH', `/v1/members/${ids.alice}`, { phone: BOB }, { 'if-match': '"1"' });
    await refused('PATCH', `/v1/members/${ids.alice}`, { name: NAME }, { 'if-match': '"9"' });
    for (const call of [
      await cloud.rpc('Register', { ...person(ALICE) }),
      await cloud.rpc('Register', { ...person(BOB), phone: `${BOB}0000000000` }),
    ])
      refusals.push(JSON.stringify([call.body, ...call.headers]));

    // An operation, and a change whose event all subscribers get.
    const { body: operation } = await cloud.request(
      'POST',
      `/v1/members/${ids.alice}/redemptions`,
      { points: 1 },
      { prefer: 'wait=15', 'idempotency-key': 'k' },
    );
    ids.operation = operation.id;
    ids.changed = await register(CHANGED);
    await cloud.request('PATCH', `/v1/members/${ids.changed}`, { name: `${NAME} II` }, { 'if-match': '"1"' });
    // Waits for these SMS. They would otherwise fail below and open the circuit. While it is open, messages are
    // postponed, and no function logs `message returned to the queue`.
    await eventually(async () => (await cloud.texts(ALICE)).length === 2 && (await cloud.texts(CHANGED)).length === 1);

    // Inbound SMS: a question, and an opt-out.
    await cloud.replyFrom(ALICE, `${NAME}?`);
    await cloud.replyFrom(ALICE, 'STOP');
    await eventually(async () => (await everything()).some(({ item }) => String(item.pk).startsWith('opted-out#')));

    // An SMS that is permanently refused, and an SMS that no provider accepts for now.
    for (const provider of ['http', 'twilio']) await cloud.breakSms(provider, 'refuses');
    ids.refused = await register(REFUSED);
    await eventually(async () => (await parkedOf(ids.refused ?? '')).length === 1);
    for (const provider of ['http', 'twilio']) await cloud.breakSms(provider, 'fails');
    ids.unheard = await register(UNHEARD);
    await eventually(async () =>
      cloud.logs('rollcall-dev-sms-consume').some((line) => line.includes('message returned to the queue')),
    );
    for (const provider of ['http', 'twilio']) await cloud.breakSms(provider);

    // Messages that violate their contract, and a message from a sender that is not allowed.
    const broken = registrationOf(memberIdOf(80), TAKEN);
    await cloud.invoke('rollcall-dev-sms-consume', record('sms', { ...broken, data: { ...broken.data, locale: 7 } }));
    await cloud.invoke('rollcall-dev-guide-consume', record('guide', { ...broken, type: 'rollcall.nothing.v1' }));
    await cloud.invoke('rollcall-dev-sms-consume', record('sms', { ...broken, source: '/elsewhere' }));
    await cloud.invoke('rollcall-dev-registration-register', { body: JSON.stringify(person(TAKEN)), headers: {} });

    expect(refusals.flatMap(personalDataIn)).toEqual([]);
    const logged = [...cloud.functions.keys()].flatMap((name) => cloud.logs(name));
    expect(logged.length).toBeGreaterThan(50);
    expect(logged.filter((line) => personalDataIn(line).length > 0)).toEqual([]);
    const happened = await fetch(`${cloud.endpointUrl}/_rollcall/happened?after=0`);
    const { spans } = (await happened.json()) as { spans: object[] };
    expect(spans.length).toBeGreaterThan(50);
    expect(spans.filter((span) => personalDataIn(JSON.stringify(span)).length > 0)).toEqual([]);
    const items = await everything();
    const keys = items.map(({ item: { pk, sk, aggregateId } }) => `${pk} ${sk} ${aggregateId}`);
    expect(keys.filter((key) => personalDataIn(key).length > 0)).toEqual([]);
    const holders = items.filter(({ item }) => personalDataIn(text(item)).length > 0).map(({ table }) => table);
    expect([...new Set(holders)].toSorted()).toEqual([
      'rollcall-dev-guide',
      'rollcall-dev-members',
      'rollcall-dev-sms',
    ]);
    for (const id of Object.values(ids)) expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-[57][0-9a-f]{3}-[0-9a-f-]{17}$/);
  }, 120_000);

  it('are exported with all data about their member, and no data about others', async () => {
    const ops = await runScript(
      'packages/cli/src/cli/main.ts',
      'ops',
      '--endpoint',
      cloud.endpointUrl,
      'member',
      'export',
      (ids.alice ?? '').toUpperCase(),
    );
    expect([ops.code, ops.stderr]).toEqual([0, '']);
    const { memberId, services } = JSON.parse(ops.stdout);
    expect(memberId).toBe(ids.alice);
    const names = ['guide', 'points', 'points-commands', 'registration', 'sms'];
    expect(Object.keys(services)).toEqual(expect.arrayContaining(names));
    expect(services.registration).toContainEqual(expect.objectContaining({ phone: ALICE, name: NAME }));
    expect(services.registration).toContainEqual(expect.objectContaining({ pk: `operation#${ids.operation}` }));
    const guards = services.registration.filter(({ pk }: { pk: string }) => pk.startsWith('phone#'));
    expect(guards.map(({ holder }: { holder: string }) => holder)).toEqual([ids.alice]);
    expect(services.sms).toContainEqual(expect.objectContaining({ phone: ALICE, welcome: 'accepted' }));
    expect(services.sms).toContainEqual(expect.objectContaining({ since: expect.any(String), by: 'sms-http' }));
    expect(ops.stdout).not.toContain(CHANGED.slice(1));
  });

  it('are erased everywhere after their member has left, and each service confirms the erasure', async () => {
    // A discarded message is kept with its content until the erasure.
    const discarded = memberIdOf(81);
    const two = profileChanged(discarded, 2);
    const registration = registrationOf(discarded, 'nobody');
    const unfit = { ...registration, data: { ...registration.data, locale: 7 } };
    await cloud.invoke('rollcall-dev-sms-consume', record('sms', unfit));
    await cloud.invoke('rollcall-dev-sms-sweep', { discard: { aggregateId: discarded, version: 1 }, because: 'test' });
    expect(text(await cloud.items('sms', discarded))).toContain(NAME);
    const left = {
      ...two,
      id: 'd2',
      type: 'rollcall.member.deactivated.v1',
      data: { memberId: discarded, deactivatedAt: two.time },
    };
    await cloud.invoke('rollcall-dev-sms-consume', record('sms', left));
    expect(text(await cloud.items('sms', discarded))).not.toContain(NAME);

    const { alice = '', changed = '', refused: refusedId = '', unheard = '' } = ids;
    const ops = (...options: string[]) =>
      runScript('packages/cli/src/cli/main.ts', 'ops', '--endpoint', cloud.endpointUrl, '--json', ...options);
    expect(JSON.parse((await ops('member', 'status', alice)).stdout)).toMatchObject({
      state: 'active',
      texts: { wanted: false },
    });
    const erasing = await ops('member', 'erase', alice, '--yes');
    expect([erasing.code, erasing.stderr]).toEqual([0, '']);
    expect((await erased(alice)).services).toEqual([
      { service: 'guide', erasedAt: expect.any(String) },
      { service: 'points', erasedAt: expect.any(String), kept: expect.stringContaining('ledger') },
      { service: 'sms', erasedAt: expect.any(String) },
    ]);
    expect(JSON.parse((await ops('member', 'status', alice)).stdout)).toMatchObject({ state: 'done' });
    const { headers } = await cloud.request('DELETE', `/v1/members/${changed}`);
    expect(headers.get('link')).toBe(`</v1/members/${changed}/erasure>; rel="status"`);
    await cloud.request('DELETE', `/v1/members/${unheard}`);
    // The deactivation is parked behind a message that waits for an operator. The sweep drops that message and applies
    // the deactivation.
    await cloud.request('DELETE', `/v1/members/${refusedId}`);
    await eventually(async () => (await parkedOf(refusedId)).length === 2);
    await eventually(async () => {
      await cloud.invoke('rollcall-dev-sms-sweep', {});
      return (await parkedOf(refusedId)).length === 0;
    }, 500);
    for (const id of [changed, refusedId]) await erased(id);
    await eventually(async () => {
      await cloud.invoke('rollcall-dev-sms-sweep', {});
      return (await cloud.request('GET', `/v1/members/${unheard}/erasure`)).body.state === 'done';
    }, 500);

    // The opt-out belongs to the phone, not to the member. It stays, and does not identify the member.
    const optOut = (await everything()).find(({ item }) => String(item.pk).startsWith('opted-out#'));
    expect(Object.keys(optOut?.item ?? {}).toSorted()).toEqual(['by', 'pk', 'since']);

    // Messages that name no member cannot be erased by member. They are parked under the name of their queue.
    const items = (await everything()).filter(
      ({ item }) => !String(item.pk).endsWith('.fifo') && item.pk !== memberIdOf(80),
    );
    expect(items.filter(({ item }) => personalDataIn(text(item)).length > 0)).toEqual([]);
    const gone = [alice, changed, refusedId, unheard];
    expect(items.filter(({ item }) => gone.includes(item.pk) && 'phonePseudonym' in item)).toEqual([]);
    expect(items.some(({ item }) => item.pk === `operation#${ids.operation}`)).toBe(false);
    // The account is kept, because accounts must add up.
    expect(items.filter(({ item }) => item.pk === alice && 'opening' in item)).toHaveLength(1);
    expect((await cloud.request('GET', `/v1/members/${alice}`)).status).toBe(404);
    // The pseudonym of a phone stays for a while, without data that identifies the member.
    const phones = items.filter(
      ({ table, item }) => table === 'rollcall-dev-members' && String(item.pk).startsWith('phone#'),
    );
    const [guards, marks] = [true, false].map((has) => phones.filter(({ item }) => 'holder' in item === has));
    expect(guards).toEqual([]);
    expect(marks?.map(({ item }) => Object.keys(item).toSorted())).toEqual(
      Array.from({ length: 4 }, () => ['expiresAt', 'leftAt', 'pk', 'returningUntil']),
    );
    // The phone is free again.
    expect(await register(ALICE)).not.toBe(alice);
  }, 120_000);
});
