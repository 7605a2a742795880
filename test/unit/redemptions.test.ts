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
import { operationStorage } from '../../functions/registration/operations-store.ts';
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
type ReplyOutcome = 'succeeded' | 'not-enough-points' | 'account-closed' | 'deadline-passed';

let tables: OwnTables;
let world: ReturnType<typeof redemptionWorld>;
beforeEach(async () => {
  tables = await ownTables['the simulation']();
  world = redemptionWorld(tables);
  for (const id of [MEMBER, OTHER]) await world.put({ pk: `member#${id}`, status: 'active' });
});

/** Redemptions, with the messages to and from the points service. */
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
    handlers: createProcess(redemptionProcess, operationStorage(own)).handlers(outcomeConsumer),
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

    /** The messages that were sent since the last call. */
    async sent(): Promise<Envelope[]> {
      const rows = await items(OUTBOX_TABLE);
      for (const { aggregateId, version } of rows)
        await client.send(new DeleteCommand({ TableName: OUTBOX_TABLE, Key: { aggregateId, version } }));
      return rows.flatMap(({ messages }) =>
        (messages as Array<{ body: string }>).map(({ body }) => readEnvelope(body)),
      );
    },

    /** Delivers a reply. @returns the outcome of the delivery, or the reason why the reply was parked */
    async take<C extends MessageContract>(
      contract: C,
      data: MessageInput<C>['data'],
      correlationId: string,
      { source = '/rollcall/points', subject = MEMBER } = {},
    ): Promise<string> {
      const message = createMessage(contract, { id: newId(), source, subject, time: now(), data, correlationId });
      const outcome = await subscriber.apply({
        body: JSON.stringify(message),
        receives: 1,
        queueMessageId: message.id,
      });
      if (outcome !== 'parked') return outcome;
      const parked = (await items('replies')).find(({ body }) => JSON.parse(String(body)).id === message.id);
      return String(parked?.error);
    },
  };
}

const settled = (outcome: ReplyOutcome = 'succeeded', { memberId = MEMBER, points = 40 } = {}) => ({
  ...{ memberId, points, outcome, balance: 60, settledAt: TIME.toISOString() },
});
const returned = ({ memberId = MEMBER, points = 40 } = {}) => ({
  ...{ memberId, points, balance: 100, returnedAt: TIME.toISOString() },
});
const late = { problem: expect.objectContaining({ type: '/problems/deadline-passed' }) };

describe('a redemption', () => {
  it('sends its command with its deadline, once per key', async () => {
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

  it('is refused for a former member', async () => {
    await world.put({ pk: `member#${MEMBER}`, status: 'deactivated' });
    await expect(world.redeem()).rejects.toMatchObject({ code: 'not-found' });
    expect(await world.sent()).toEqual([]);
  });

  it('is shown only to callers that may read its member', async () => {
    const { id } = await world.redeem();
    await expect(world.read(id, (memberId) => memberId === OTHER)).rejects.toMatchObject({ code: 'not-found' });
    await expect(world.read('nothing')).rejects.toMatchObject({ code: 'not-found' });
  });

  it.each<[ReplyOutcome, object]>([
    ['succeeded', { state: 'succeeded', result: { balance: 60, settledAt: TIME.toISOString() } }],
    [
      'not-enough-points',
      { state: 'failed', problem: expect.objectContaining({ detail: 'The balance is 60 points.' }) },
    ],
    ['account-closed', { state: 'failed', problem: expect.objectContaining({ detail: 'The member has left.' }) }],
    // Either service may find, by its own clock, that the deadline has passed.
    ['deadline-passed', { state: 'expired', compensation: 'not-needed', ...late }],
  ])('ends with the outcome of its reply: %s', async (outcome, expected) => {
    const { id } = await world.redeem();
    await world.sent();
    expect(await world.take(redemptionSettled, settled(outcome), id)).toBe('applied');
    expect(await world.state(id)).toEqual(expected);
    expect(await world.take(redemptionSettled, settled('succeeded'), id)).toBe('duplicate');
    expect(await world.state(id)).toEqual(expected);
    expect(await world.sent()).toEqual([]);
  });

  it.each([
    ['by a read', true],
    ['by its reply', false],
  ])('expires after its deadline (detected %s), and the points are returned once', async (_, isRead) => {
    const { id } = await world.redeem();
    await world.sent();
    world.pass(60);
    if (isRead) expect(await world.state(id)).toEqual({ state: 'expired', ...late });
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

  it.each([true, false])('needs no compensation if it is refused too late (read as expired: %s)', async (isRead) => {
    const { id } = await world.redeem();
    world.pass(61);
    if (isRead) await world.state(id);
    expect(await world.take(redemptionSettled, settled('not-enough-points'), id)).toBe('applied');
    expect(await world.state(id)).toEqual({ state: 'expired', compensation: 'not-needed', ...late });
  });

  it('contains the ID of its member, which is the key of an index, in every state', async () => {
    const { id } = await world.redeem();
    expect(await world.item(id)).toMatchObject({ memberId: MEMBER });
    await world.take(redemptionSettled, settled(), id);
    expect(await world.item(id)).toMatchObject({ memberId: MEMBER, progress: { state: 'completed' } });
  });
});

describe('a reply to a redemption', () => {
  it('is applied to the new state if its operation was changed at the same moment', async () => {
    const { id } = await world.redeem();
    world.refuse(2);
    expect(await world.take(redemptionSettled, settled(), id)).toBe('applied');
    expect(await world.state(id)).toMatchObject({ state: 'succeeded' });
  });

  it('is redelivered if every attempt to write it is refused', async () => {
    const { id } = await world.redeem();
    world.refuse(5);
    await expect(world.take(redemptionSettled, settled(), id)).rejects.toThrow(
      'concurrent writes keep changing the same items',
    );
    expect(await world.state(id)).toEqual({ state: 'pending' });
  });

  it('creates no cursor', async () => {
    const { id } = await world.redeem();
    await world.take(redemptionSettled, settled(), id);
    expect(await tables.items('replies')).toEqual([]);
  });

  it.each([
    ['another member', redemptionSettled, settled('succeeded', { memberId: OTHER }), OTHER, `not ${MEMBER}`],
    ['other points', redemptionSettled, settled('succeeded', { points: 1 }), MEMBER, 'does not match'],
    ['another member, for a return', pointsReturned, returned({ memberId: OTHER }), OTHER, `not ${MEMBER}`],
    ['other points, for a return', pointsReturned, returned({ points: 1 }), MEMBER, 'does not match'],
    ['a return that was not requested', pointsReturned, returned(), MEMBER, 'which the process has not requested'],
  ])('is parked without effect if it is about %s', async (_, contract, data, subject, why) => {
    const { id } = await world.redeem();
    const before = await world.item(id);
    expect(await world.take(contract as MessageContract, data, id, { subject })).toContain(why);
    expect(await world.item(id)).toEqual(before);
  });

  it('is parked if its operation does not exist', async () => {
    expect(await world.take(redemptionSettled, settled(), 'none')).toContain('which does not exist');
  });

  it('is accepted from the points service only', async () => {
    const { id } = await world.redeem();
    expect(await world.take(redemptionSettled, settled(), id, { source: '/rollcall/guide' })).toContain(
      `/rollcall/guide may not send ${redemptionSettled.type}`,
    );
    expect(await world.state(id)).toEqual({ state: 'pending' });
  });

  it('deletes the operation of a member who has left, and is a duplicate after that', async () => {
    const { id } = await world.redeem();
    await world.put({ pk: `member#${MEMBER}`, status: 'deactivated' });
    expect(await world.take(redemptionSettled, settled(), id)).toBe('applied');
    expect(await world.item(id)).toBeUndefined();
    expect(await world.take(redemptionSettled, settled(), id)).toBe('duplicate');
  });

  it('about a member who has left does not delete the operation of another member', async () => {
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
  ])('is shown unchanged: %o', async (outcome, expected) => {
    await store(outcome);
    expect(await world.state('earlier')).toEqual(expected);
    expect(await world.read('earlier')).toMatchObject({ memberId: MEMBER, points: 40, createdAt: at, deadline });
    expect(await world.item('earlier')).toMatchObject({ memberId: MEMBER, version: 1 });
    expect(await world.sent()).toEqual([]);
  });

  it('ends with its reply', async () => {
    await store({ state: 'pending' });
    expect(await world.take(redemptionSettled, settled(), 'earlier')).toBe('applied');
    expect(await world.state('earlier')).toMatchObject({ state: 'succeeded', result: { balance: 60 } });
  });

  it.each<[string, EarlierOperation['outcome']]>([
    ['not read before', { state: 'pending' }],
    ['read as expired', { state: 'expired' }],
  ])('returns points that were taken too late (%s)', async (_, outcome) => {
    await store(outcome);
    world.pass(60);
    await world.take(redemptionSettled, settled(), 'earlier');
    expect(await world.sent()).toMatchObject([{ type: 'rollcall.points.return.v1', data: { redemption: 'earlier' } }]);
    expect(await world.take(pointsReturned, returned(), 'earlier')).toBe('applied');
    expect(await world.state('earlier')).toMatchObject({ state: 'expired', compensation: 'done' });
  });

  it('records the return of points if it has requested that return', async () => {
    await store({ state: 'expired', lateAnswer: 'succeeded' });
    expect(await world.take(redemptionSettled, settled(), 'earlier')).toBe('duplicate');
    expect(await world.take(pointsReturned, returned(), 'earlier')).toBe('applied');
    expect(await world.state('earlier')).toMatchObject({ state: 'expired', compensation: 'done' });
    expect(await world.sent()).toEqual([]);
  });

  it('is returned for its idempotency key, but only for the same request', async () => {
    const { id } = await world.redeem(40, 'key');
    await store({ state: 'pending' }, id);
    expect(await world.redeem(40, 'key')).toMatchObject({ id, createdAt: at });
    await expect(world.redeem(41, 'key')).rejects.toMatchObject({ code: 'idempotency-key-reused' });
  });

  it('is not overwritten if the previous version of the app has changed it since the read', async () => {
    await store({ state: 'pending' });
    const client = {
      async send(command: { constructor: { name: string } }) {
        if (command.constructor.name === 'TransactWriteCommand')
          await store({ state: 'succeeded', balance: 60, settledAt: at });
        return tables.client.send(command as never);
      },
    } as never;
    const racing = redemptionWorld({ ...tables, client });
    await expect(racing.state('earlier')).rejects.toThrow('redemption earlier is being changed concurrently');
    expect(await world.state('earlier')).toMatchObject({ state: 'succeeded' });
  });
});
