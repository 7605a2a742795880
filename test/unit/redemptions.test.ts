import { DeleteCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import type { MessageContract } from '@rollcall/kit/internal/contracts/contract';
import { createSubscriberStore } from '@rollcall/kit/internal/messaging/dynamodb-subscriber-store';
import {
  createMessage,
  type Envelope,
  type MessageInput,
  readEnvelope,
  sequenceOf,
} from '@rollcall/kit/internal/messaging/message';
import { createProcess } from '@rollcall/kit/internal/messaging/process';
import { createSubscriber } from '@rollcall/kit/internal/messaging/subscriber';
import { beforeEach, describe, expect, it } from 'vitest';
import type { EarlierOperation } from '../../functions/registration/earlier-operation.ts';
import { placesOfOperations } from '../../functions/registration/operations-store.ts';
import { outcomeConsumer } from '../../functions/registration/outcomes.consumer.ts';
import { redemptionProcess } from '../../functions/registration/redemption.process.ts';
import { createRedemptions } from '../../functions/registration/redemptions.ts';
import { operationResource } from '../../functions/registration/resources.ts';
import { registrationOutcomes } from '../../shared/contracts/channels.ts';
import { pointsReturned } from '../../shared/contracts/points-returned.v1.ts';
import { redemptionSettled } from '../../shared/contracts/redemption-settled.v1.ts';
import { memberIdOf, TIME } from '../support/builders.ts';
import { type OwnTables, ownTables } from '../support/own-tables.ts';

const [MEMBER, OTHER] = [memberIdOf(1), memberIdOf(2)];
const CAUSE = { by: { actor: 'anonymous', authentication: 'none' } } as const;
const [MEMBERS_TABLE, OUTBOX_TABLE] = ['orders', 'outbox'];
type Answered = 'succeeded' | 'not-enough-points' | 'account-closed' | 'deadline-passed';

let tables: OwnTables;
let world: ReturnType<typeof redemptionWorld>;
beforeEach(async () => {
  tables = await ownTables['the simulation']();
  world = redemptionWorld(tables);
  for (const id of [MEMBER, OTHER]) await world.put({ pk: `member#${id}`, status: 'active' });
});

/** Redemptions, and what comes to and from the points service. */
function redemptionWorld({ client, items }: OwnTables) {
  let [seconds, ids, refusals] = [0, 0, 0];
  const now = () => new Date(TIME.getTime() + seconds * 1_000);
  const newId = () => `id-${String(++ids).padStart(6, '0')}`;
  const own = { client, MEMBERS_TABLE, OUTBOX_TABLE, now, newId };
  const { read, redeem } = createRedemptions({ ...own, audit: () => {} });
  const store = createSubscriberStore({ client, tableName: 'replies', cursorKey: 'cursor' });
  const subscriber = createSubscriber({
    store: { ...store, change: async (effect) => (refusals-- > 0 ? false : store.change(effect)) },
    ...{ queueName: registrationOutcomes.name, joinsLate: false, idempotent: true, now, newId, random: () => 0 },
    ...{ contracts: registrationOutcomes.messages, channel: registrationOutcomes },
    handlers: createProcess(redemptionProcess, placesOfOperations(own)).handlers(outcomeConsumer),
  });

  return {
    read,
    put: (Item: Record<string, unknown>) => client.send(new PutCommand({ TableName: MEMBERS_TABLE, Item })),
    item: async (id: string) => (await items(MEMBERS_TABLE)).find(({ pk }) => pk === `operation#${id}`),
    state: async (id: string) => {
      const { state, compensation, result, problem } = operationResource(await read(id));
      return { state, ...(compensation && { compensation }), ...(result && { result }), ...(problem && { problem }) };
    },
    redeem: (points = 40, key?: string) => redeem(MEMBER, { points, expiresIn: 60 }, key, CAUSE),
    pass: (more: number) => {
      seconds += more;
    },
    refuse: (times: number) => {
      refusals = times;
    },

    /** What is sent since. */
    async sent(): Promise<Envelope[]> {
      const rows = await items(OUTBOX_TABLE);
      for (const { aggregateId, version } of rows)
        await client.send(new DeleteCommand({ TableName: OUTBOX_TABLE, Key: { aggregateId, version } }));
      return rows.flatMap(({ messages }) =>
        (messages as Array<{ body: string }>).map(({ body }) => readEnvelope(body)),
      );
    },

    /** @returns what became of it, or why it was parked */
    async take<C extends MessageContract>(
      contract: C,
      data: MessageInput<C>['data'],
      correlationId: string,
      { source = '/rollcall/points', subject = MEMBER } = {},
    ): Promise<string> {
      const message = createMessage(contract, { id: newId(), source, subject, time: now(), data, correlationId });
      const became = await subscriber.apply({ body: JSON.stringify(message), receives: 1, queueMessageId: message.id });
      if (became !== 'parked') return became;
      const parked = (await items('replies')).find(({ body }) => JSON.parse(String(body)).id === message.id);
      return String(parked?.error);
    },
  };
}

const settled = (outcome: Answered = 'succeeded', { memberId = MEMBER, points = 40 } = {}) => ({
  ...{ memberId, points, outcome, balance: 60, settledAt: TIME.toISOString() },
});
const returned = ({ memberId = MEMBER, points = 40 } = {}) => ({
  ...{ memberId, points, balance: 100, returnedAt: TIME.toISOString() },
});
const late = { problem: expect.objectContaining({ type: '/problems/deadline-passed' }) };

describe('a redemption', () => {
  it('sends its command with its deadline, once for a key', async () => {
    const { id, deadline } = await world.redeem(40, 'key');
    expect(await world.state(id)).toEqual({ state: 'pending' });
    expect((await world.redeem(40, 'key')).id).toBe(id);
    await expect(world.redeem(41, 'key')).rejects.toMatchObject({ code: 'idempotency-key-reused' });
    expect(await world.sent()).toMatchObject([
      {
        ...{ type: 'rollcall.points.redeem.v1', subject: MEMBER, correlationid: id, replyto: 'registration-outcomes' },
        ...{ sequence: sequenceOf(1), data: { memberId: MEMBER, points: 40, deadline } },
      },
    ]);
  });

  it('is refused for an unknown or former member', async () => {
    await world.put({ pk: `member#${MEMBER}`, status: 'deactivated' });
    await expect(world.redeem()).rejects.toMatchObject({ code: 'not-found' });
    expect(await world.sent()).toEqual([]);
  });

  it('is shown to who may know of its member', async () => {
    const { id } = await world.redeem();
    await expect(world.read(id, (memberId) => memberId === OTHER)).rejects.toMatchObject({ code: 'not-found' });
    await expect(world.read('nothing')).rejects.toMatchObject({ code: 'not-found' });
  });

  it.each<[Answered, object]>([
    ['succeeded', { state: 'succeeded', result: { balance: 60, settledAt: TIME.toISOString() } }],
    [
      'not-enough-points',
      { state: 'failed', problem: expect.objectContaining({ detail: 'The balance is 60 points.' }) },
    ],
    ['account-closed', { state: 'failed', problem: expect.objectContaining({ detail: 'The member has left.' }) }],
    // Whose clock says that it is too late does not matter.
    ['deadline-passed', { state: 'expired', compensation: 'not-needed', ...late }],
  ])('ends as it is answered: %s', async (outcome, expected) => {
    const { id } = await world.redeem();
    await world.sent();
    expect(await world.take(redemptionSettled, settled(outcome), id)).toBe('applied');
    expect(await world.state(id)).toEqual(expected);
    expect(await world.take(redemptionSettled, settled('succeeded'), id)).toBe('duplicate');
    expect(await world.state(id)).toEqual(expected);
    expect(await world.sent()).toEqual([]);
  });

  it.each([
    ['by who looks', true],
    ['by its answer', false],
  ])('expires when its time has passed, as is noticed %s, and what was taken goes back once', async (_, looks) => {
    const { id } = await world.redeem();
    await world.sent();
    world.pass(60);
    if (looks) expect(await world.state(id)).toEqual({ state: 'expired', ...late });
    expect(await world.take(redemptionSettled, settled(), id)).toBe('applied');
    expect(await world.take(redemptionSettled, settled(), id)).toBe('duplicate');
    expect(await world.state(id)).toEqual({ state: 'expired', compensation: 'pending', ...late });
    expect(await world.sent()).toMatchObject([
      {
        ...{ type: 'rollcall.points.return.v1', subject: MEMBER, correlationid: id, replyto: 'registration-outcomes' },
        ...{ sequence: sequenceOf(2), data: { memberId: MEMBER, points: 40, redemption: id } },
      },
    ]);
    expect(await world.take(pointsReturned, returned(), id)).toBe('applied');
    expect(await world.state(id)).toEqual({ state: 'expired', compensation: 'done', ...late });
    for (const again of [
      () => world.take(pointsReturned, returned(), id),
      () => world.take(redemptionSettled, settled(), id),
    ])
      expect(await again()).toBe('duplicate');
    expect(await world.sent()).toEqual([]);
  });

  it.each([true, false])('needs no compensation if it is refused too late (somebody has looked: %s)', async (looks) => {
    const { id } = await world.redeem();
    world.pass(61);
    if (looks) await world.state(id);
    expect(await world.take(redemptionSettled, settled('not-enough-points'), id)).toBe('applied');
    expect(await world.state(id)).toEqual({ state: 'expired', compensation: 'not-needed', ...late });
  });

  it('is at its own id in the index of its member, whatever becomes of it', async () => {
    const { id } = await world.redeem();
    expect(await world.item(id)).toMatchObject({ memberId: MEMBER });
    await world.take(redemptionSettled, settled(), id);
    expect(await world.item(id)).toMatchObject({ memberId: MEMBER, progress: { state: 'completed' } });
  });
});

describe('an answer to a redemption', () => {
  it('is read again, and tried again, when its operation was changed at the same moment', async () => {
    const { id } = await world.redeem();
    world.refuse(2);
    expect(await world.take(redemptionSettled, settled(), id)).toBe('applied');
    expect(await world.state(id)).toMatchObject({ state: 'succeeded' });
  });

  it('comes again when it is refused time after time, for nobody knows what it has to say by then', async () => {
    const { id } = await world.redeem();
    world.refuse(5);
    await expect(world.take(redemptionSettled, settled(), id)).rejects.toThrow(
      'concurrent writes keep changing the same items',
    );
    expect(await world.state(id)).toEqual({ state: 'pending' });
  });

  it('leaves no cursor behind', async () => {
    const { id } = await world.redeem();
    await world.take(redemptionSettled, settled(), id);
    expect(await tables.items('replies')).toEqual([]);
  });

  it.each([
    ['another member', redemptionSettled, settled('succeeded', { memberId: OTHER }), OTHER, `not ${MEMBER}`],
    ['other points', redemptionSettled, settled('succeeded', { points: 1 }), MEMBER, 'does not match'],
    ['another member, gone back', pointsReturned, returned({ memberId: OTHER }), OTHER, `not ${MEMBER}`],
    ['other points, gone back', pointsReturned, returned({ points: 1 }), MEMBER, 'does not match'],
    ['what nobody has asked for', pointsReturned, returned(), MEMBER, 'which the process has not requested'],
  ])('is parked, and does nothing, if it is about %s', async (_, contract, data, subject, why) => {
    const { id } = await world.redeem();
    const before = await world.item(id);
    expect(await world.take(contract as MessageContract, data, id, { subject })).toContain(why);
    expect(await world.item(id)).toEqual(before);
  });

  it('is parked if it answers no operation', async () => {
    expect(await world.take(redemptionSettled, settled(), 'none')).toContain('which does not exist');
  });

  it('is accepted from the points service only', async () => {
    const { id } = await world.redeem();
    expect(await world.take(redemptionSettled, settled(), id, { source: '/rollcall/guide' })).toContain(
      `/rollcall/guide may not send ${redemptionSettled.type}`,
    );
    expect(await world.state(id)).toEqual({ state: 'pending' });
  });

  it('deletes the operation of a member who has left, and is no news when that was erased before', async () => {
    const { id } = await world.redeem();
    await world.put({ pk: `member#${MEMBER}`, status: 'deactivated' });
    expect(await world.take(redemptionSettled, settled(), id)).toBe('applied');
    expect(await world.item(id)).toBeUndefined();
    expect(await world.take(redemptionSettled, settled(), id)).toBe('duplicate');
  });

  it('does not delete an operation in the name of another member, who has left', async () => {
    const { id } = await world.redeem();
    await world.put({ pk: `member#${OTHER}`, status: 'deactivated' });
    const foreign = settled('succeeded', { memberId: OTHER });
    expect(await world.take(redemptionSettled, foreign, id, { subject: OTHER })).toContain(`not ${MEMBER}`);
    expect(await world.state(id)).toEqual({ state: 'pending' });
  });
});

describe('an operation that was stored before redemptions were processes', () => {
  const at = TIME.toISOString();
  const deadline = new Date(TIME.getTime() + 60_000).toISOString();
  const common = {
    id: 'earlier',
    memberId: MEMBER,
    points: 40,
    fingerprint: 'of its request',
    createdAt: at,
    deadline,
  };
  const store = (outcome: EarlierOperation['outcome'], id = 'earlier') =>
    world.put({ pk: `operation#${id}`, ...common, id, outcome });

  it.each<[EarlierOperation['outcome'], object]>([
    [{ state: 'pending' }, { state: 'pending' }],
    [
      { state: 'succeeded', balance: 60, settledAt: at },
      { state: 'succeeded', result: { balance: 60, settledAt: at } },
    ],
    [
      { state: 'failed', because: 'not-enough-points', balance: 7 },
      { state: 'failed', problem: expect.objectContaining({ detail: 'The balance is 7 points.' }) },
    ],
    [
      { state: 'failed', because: 'account-closed', balance: 7 },
      { state: 'failed', problem: expect.objectContaining({ detail: 'The member has left.' }) },
    ],
    [{ state: 'expired' }, { state: 'expired', ...late }],
    [
      { state: 'expired', lateAnswer: 'deadline-passed' },
      { state: 'expired', compensation: 'not-needed', ...late },
    ],
    [
      { state: 'expired', lateAnswer: 'succeeded' },
      { state: 'expired', compensation: 'pending', ...late },
    ],
    [
      { state: 'expired', lateAnswer: 'succeeded', returnedAt: at },
      { state: 'expired', compensation: 'done', ...late },
    ],
  ])('is shown as it was: %o', async (outcome, expected) => {
    await store(outcome);
    expect(await world.state('earlier')).toEqual(expected);
    expect(await world.read('earlier')).toMatchObject({ memberId: MEMBER, points: 40, createdAt: at, deadline });
    expect(await world.item('earlier')).toMatchObject({ memberId: MEMBER, version: 1 });
    expect(await world.sent()).toEqual([]);
  });

  it('ends when it is answered', async () => {
    await store({ state: 'pending' });
    expect(await world.take(redemptionSettled, settled(), 'earlier')).toBe('applied');
    expect(await world.state('earlier')).toMatchObject({ state: 'succeeded', result: { balance: 60 } });
  });

  it.each<[string, EarlierOperation['outcome']]>([
    ['nobody has seen', { state: 'pending' }],
    ['somebody has seen expired', { state: 'expired' }],
  ])('that %s gives back what was taken too late', async (_, outcome) => {
    await store(outcome);
    world.pass(60);
    await world.take(redemptionSettled, settled(), 'earlier');
    expect(await world.sent()).toMatchObject([{ type: 'rollcall.points.return.v1', data: { redemption: 'earlier' } }]);
    expect(await world.take(pointsReturned, returned(), 'earlier')).toBe('applied');
    expect(await world.state('earlier')).toMatchObject({ state: 'expired', compensation: 'done' });
  });

  it('records that the points which it requested back were returned', async () => {
    await store({ state: 'expired', lateAnswer: 'succeeded' });
    expect(await world.take(redemptionSettled, settled(), 'earlier')).toBe('duplicate');
    expect(await world.take(pointsReturned, returned(), 'earlier')).toBe('applied');
    expect(await world.state('earlier')).toMatchObject({ state: 'expired', compensation: 'done' });
    expect(await world.sent()).toEqual([]);
  });

  it('is what its key gets again, for the same request alone', async () => {
    const { id } = await world.redeem(40, 'key');
    await store({ state: 'pending' }, id);
    expect(await world.redeem(40, 'key')).toMatchObject({ id, createdAt: at });
    await expect(world.redeem(41, 'key')).rejects.toMatchObject({ code: 'idempotency-key-reused' });
  });

  it('is not overwritten if the version before has changed it since it was read', async () => {
    await store({ state: 'pending' });
    const client = {
      async send(command: { constructor: { name: string } }) {
        if (command.constructor.name === 'TransactWriteCommand')
          await store({ state: 'succeeded', balance: 60, settledAt: at });
        return tables.client.send(command as never);
      },
    } as never;
    const racing = redemptionWorld({ ...tables, client });
    await expect(racing.state('earlier')).rejects.toThrow('redemption earlier is being changed by others');
    expect(await world.state('earlier')).toMatchObject({ state: 'succeeded' });
  });
});
