import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { createSubscriberStore } from '@rollcall/kit/internal/messaging/dynamodb-subscriber-store';
import type { ParkedMessage, SubscriberStore } from '@rollcall/kit/internal/messaging/subscriber-store';
import type { Choices } from '@rollcall/kit/internal/testing/simulation/choices';
import type { Instance, Scheduler } from '@rollcall/kit/internal/testing/simulation/scheduler';
import { Tables } from '@rollcall/kit/internal/testing/simulation/tables';
import { InMemorySubscriberStore } from '@rollcall/kit/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { outgoingMessage } from '../support/builders.ts';
import { startTestCloud, type TestCloud } from '../support/cloud.ts';

/** The real table must behave the way the simulation and the unit tests assume. */
describe.each(['DynamoDB', 'the tables of the simulation', 'the model of unit tests'] as const)(
  'a subscriber’s table: %s',
  (kind) => {
    let cloud: TestCloud | undefined;
    let store: SubscriberStore;
    let aggregates = 0;
    const aggregate = () => `${kind}-${++aggregates}`;

    beforeAll(async () => {
      if (kind === 'the model of unit tests') {
        store = new InMemorySubscriberStore();
        return;
      }
      if (kind === 'the tables of the simulation') {
        const scheduler = {
          now: from.getTime(),
          call: async (_: Instance, __: string, effect: () => unknown) => effect(),
        };
        const tables = new Tables(scheduler as Scheduler, { below: () => 0 } as unknown as Choices);
        tables.create('guide');
        store = createSubscriberStore({
          client: tables.clientOf({} as Instance),
          tableName: 'guide',
          cursorKey: 'journey',
        });
        return;
      }
      cloud = await startTestCloud();
      const client = new DynamoDBClient({
        endpoint: cloud.endpointUrl,
        region: 'us-east-1',
        credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
      });
      const documents = DynamoDBDocumentClient.from(client, { marshallOptions: { removeUndefinedValues: true } });
      store = createSubscriberStore({ client: documents, tableName: 'rollcall-dev-guide', cursorKey: 'journey' });
    });
    afterAll(() => cloud?.stop());

    const message = (aggregateId: string, version: number, change: Partial<ParkedMessage> = {}): ParkedMessage => ({
      aggregateId,
      version,
      messageId: `${aggregateId}/${version}`,
      body: '{}',
      reason: 'gap',
      attempts: 1,
      parkedAt: '2026-11-21T10:00:00.000Z',
      ...change,
    });
    const from = new Date('2026-11-21T10:00:00.000Z');
    const lease = (owner: string, start = from) => ({ owner, from: start, until: new Date(start.getTime() + 15_000) });
    const everythingParked = async () =>
      (await Promise.all([0, 1, 2, 3].map((segment) => Array.fromAsync(store.parked(segment, 4))))).flat(2);

    it('moves the cursor only from its current version', async () => {
      const id = aggregate();
      expect(await store.cursor(id)).toBeUndefined();
      expect(await store.commit(id, 0, { version: 1 }, {})).toMatchObject({ state: 'done' });
      expect(await store.commit(id, 0, { version: 1 }, {})).toEqual({ state: 'moved', cursor: { version: 1 } });
      expect(await store.commit(id, 2, { version: 3 }, {})).toEqual({ state: 'moved', cursor: { version: 1 } });
      expect(await store.commit(id, 1, { version: 2 }, {})).toMatchObject({ state: 'done' });
      expect(await store.cursor(id)).toEqual({ version: 2 });
    });

    it('returns the committed state, including the changes of earlier versions, so that replies can be derived from it', async () => {
      const id = aggregate();
      await store.commit(id, 0, { version: 1 }, { set: { points: 100, bonus: 'given' } });
      const claim = await store.commit(id, 1, { version: 2 }, { set: { points: 60 }, remove: ['bonus'] });
      expect(claim).toMatchObject({ state: 'done', committed: { points: 60 } });
      const { cursor, state } = await store.state(id);
      expect([cursor, state.points, state.bonus]).toEqual([{ version: 2 }, 60, undefined]);
    });

    it('recognizes messages that get no reply: messages of a skipped version, and discarded messages', async () => {
      const id = aggregate();
      const because = { discardedAt: from.toISOString(), discardedBecause: 'a test' };
      await store.park(message(id, 1));
      await store.discard({ ...message(id, 1), ...because, skipped: true }, { after: 0, next: { version: 1 } });
      await store.commit(id, 1, { version: 2 }, {});
      await store.park(message(id, 2, { messageId: 'second' }));
      await store.discard({ ...message(id, 2, { messageId: 'second' }), ...because });
      const isGivenUp = (version: number, messageId: string) =>
        store.isGivenUp({ aggregateId: id, version, messageId });
      expect(
        await Promise.all([isGivenUp(1, 'any'), isGivenUp(2, 'second'), isGivenUp(2, 'first'), isGivenUp(3, 'any')]),
      ).toEqual([true, true, false, false]);
    });

    it('reports a missing cursor when it refuses a commit', async () => {
      expect(await store.commit(aggregate(), 4, { version: 5 }, {})).toEqual({ state: 'moved', cursor: undefined });
    });

    it('keeps the outgoing messages of an effect, across later versions, until they are sent', async () => {
      const id = aggregate();
      const [one, other] = [outgoingMessage(id, 'one'), outgoingMessage(id, 'other')];
      const key = { aggregateId: id, version: 1 };
      expect(await store.unsent(key)).toEqual([]);
      await store.commit(id, 0, { version: 1 }, { send: [one, other] });
      await store.commit(id, 1, { version: 2 }, { send: [other] });
      expect(await store.unsent(key)).toEqual([one, other]);
      await store.sent(key, [other]);
      expect(await store.unsent(key)).toEqual([other]);
      await store.sent(key, []);
      await store.sent(key, []);
      await store.sent(key, [other]);
      expect(await store.unsent(key)).toEqual([]);
      expect(await store.unsent({ ...key, version: 2 })).toEqual([other]);
      expect(await store.commit(id, 1, { version: 2 }, { send: [one] })).toMatchObject({ state: 'moved' });
      expect(await store.unsent({ ...key, version: 2 })).toEqual([other]);
    });

    it('stores the baseline permanently', async () => {
      const id = aggregate();
      await store.commit(id, 0, { version: 5, baseline: 5 }, {});
      await store.commit(id, 5, { version: 6 }, {});
      expect(await store.cursor(id)).toEqual({ version: 6, baseline: 5 });
    });

    it('neither moves nor leases the cursor of an erased subject', async () => {
      const id = aggregate();
      await store.commit(id, 0, { version: 1 }, {});
      await store.commit(id, 1, { version: 2, erased: true }, {});
      const moved = { state: 'moved', cursor: { version: 2, erased: true } };
      expect(await store.commit(id, 2, { version: 3 }, {})).toEqual(moved);
      expect(await store.lease(id, 2, lease('a'))).toEqual(moved);
      expect(await store.cursor(id)).toEqual(moved.cursor);
    });

    it('erases the parked and discarded messages of one aggregate, whatever versions they claim, and no others', async () => {
      const [id, other] = [aggregate(), aggregate()];
      for (const version of [1, 9]) await store.park(message(id, version, { reason: 'failed', error: 'no' }));
      await store.park(message(other, 1));
      const about = { discardedAt: from.toISOString(), discardedBecause: 'a test' };
      await store.discard({ ...message(id, 9), ...about });
      await store.park(message(id, 10));
      await store.eraseLeft(id, '');
      await store.eraseLeft(aggregate(), '');
      expect(await store.parkedOf(id)).toEqual([
        message(id, 1, { reason: 'failed', body: '' }),
        message(id, 10, { body: '' }),
      ]);
      expect(await store.parkedOf(other)).toEqual([message(other, 1)]);
    });

    it('erases all parked messages except the erasing message, whose reply may still be unsent', async () => {
      const id = aggregate();
      const leaving = message(id, 2, { messageId: 'leaving', body: '{"left":true}' });
      for (const one of [message(id, 3, { body: '{"name":"Ana"}' }), leaving]) await store.park(one);
      await store.eraseLeft(id, 'leaving');
      expect((await store.parkedOf(id)).map(({ body }) => body)).toEqual(['{"left":true}', '']);
    });

    it('does not write back a body that was erased meanwhile, but updates the parked message without it', async () => {
      const id = aggregate();
      const before = message(id, 2, { body: '{"name":"Ana"}' });
      await store.park(before);
      await store.eraseLeft(id, 'leaving');
      await store.park({ ...before, attempts: 2 }, 'known');
      expect(await store.parkedOf(id)).toEqual([{ ...before, body: '' }]);
      await store.park({ ...before, body: '', attempts: 3 }, 'known');
      expect(await store.parkedOf(id)).toEqual([{ ...before, body: '', attempts: 3 }]);
    });

    it('leases to one owner at a time, without moving the cursor', async () => {
      const id = aggregate();
      expect(await store.lease(id, 0, lease('a'))).toEqual({ state: 'done' });
      expect(await store.lease(id, 0, lease('a'))).toEqual({ state: 'done' });
      expect(await store.lease(id, 0, lease('b'))).toEqual({ state: 'leased' });
      expect(await store.cursor(id)).toBeUndefined();
      const later = new Date(from.getTime() + 15_001);
      expect(await store.lease(id, 0, lease('b', later))).toEqual({ state: 'done', outcomeUnknown: true });
      await store.release(id, lease('a'), false);
      expect(await store.lease(id, 0, lease('a', later))).toEqual({ state: 'leased' });
      await store.release(id, lease('b'), false);
      expect(await store.lease(id, 0, lease('a', later))).toEqual({ state: 'done' });
      expect(await store.lease(id, 3, lease('a'))).toEqual({ state: 'moved', cursor: undefined });
    });

    it('reports an unknown outcome to the next lease, until the cursor moves', async () => {
      const id = aggregate();
      await store.lease(id, 0, lease('a'));
      await store.release(id, lease('a'), true);
      expect(await store.lease(id, 0, lease('b'))).toEqual({ state: 'done', outcomeUnknown: true });
      await store.release(id, lease('b'), true);
      expect(await store.lease(id, 0, lease('c'))).toEqual({ state: 'done', outcomeUnknown: true });
      await store.commit(id, 0, { version: 1 }, {});
      expect(await store.lease(id, 1, lease('d'))).toEqual({ state: 'done' });
    });

    it('counts, for each message, the attempts that began but did not end', async () => {
      const key = { aggregateId: aggregate(), version: 1, messageId: 'm1' };
      expect(await store.begun(key)).toBe(0);
      expect([await store.begin(key), await store.begin(key), await store.begun(key)]).toEqual([0, 1, 2]);
      expect(await store.begun({ ...key, messageId: 'm2' })).toBe(0);
      await store.end(key);
      expect(await store.begun(key)).toBe(0);
    });

    it('ends a lease with the commit', async () => {
      const id = aggregate();
      await store.lease(id, 0, lease('a'));
      await store.commit(id, 0, { version: 1 }, {});
      expect(await store.lease(id, 1, lease('b'))).toEqual({ state: 'done' });
    });

    it('returns parked messages of an aggregate sorted by version, also from the index', async () => {
      const id = aggregate();
      for (const version of [10, 9, 100]) await store.park(message(id, version));
      expect((await store.parkedOf(id)).map(({ version }) => version)).toEqual([9, 10, 100]);
      expect((await store.parkedOf(id))[0]).toEqual(message(id, 9));
      const indexed = (await everythingParked()).filter(({ aggregateId }) => aggregateId === id);
      expect(indexed.map(({ version }) => version)).toEqual([9, 10, 100]);
      await store.park(message(id, 9, { reason: 'failed', error: 'no' }));
      expect(await store.parkedOf(id)).toHaveLength(3);
      await store.unpark(message(id, 9));
      await store.unpark(message(id, 9));
      expect((await store.parkedOf(id)).map(({ version }) => version)).toEqual([10, 100]);
    });

    it('parks a message as `new` only if it is not parked yet, and as `known` only if it is already parked', async () => {
      const id = aggregate();
      await store.park(message(id, 2, { reason: 'failed', error: 'no' }));
      await store.park(message(id, 2), 'new');
      expect(await store.parkedOf(id)).toEqual([message(id, 2, { reason: 'failed', error: 'no' })]);
      await store.park(message(id, 3), 'new');
      await store.park(message(id, 4), 'known');
      expect((await store.parkedOf(id)).map(({ version }) => version)).toEqual([2, 3]);
      await store.park(message(id, 3, { attempts: 9 }), 'known');
      expect((await store.parkedOf(id))[1]).toMatchObject({ attempts: 9 });
    });

    it('distinguishes messages that claim the same version by their IDs', async () => {
      const id = aggregate();
      for (const messageId of ['b', 'a']) await store.park(message(id, 2, { messageId }), 'new');
      await store.unpark(message(id, 2, { messageId: 'a' }));
      expect((await store.parkedOf(id)).map(({ messageId }) => messageId)).toEqual(['b']);
    });

    it('distinguishes messages without a version by their IDs', async () => {
      const queue = aggregate();
      for (const messageId of ['b', 'a']) await store.park(message(queue, 0, { messageId, reason: 'unreadable' }));
      expect((await store.parkedOf(queue)).map(({ messageId }) => messageId)).toEqual(['a', 'b']);
      expect((await everythingParked()).filter(({ aggregateId }) => aggregateId === queue)).toHaveLength(2);
      await store.unpark(message(queue, 0, { messageId: 'a' }));
      expect((await store.parkedOf(queue)).map(({ messageId }) => messageId)).toEqual(['b']);
    });

    it('if two messages claim the same version, discards one of them only while the other is parked', async () => {
      const id = aggregate();
      const [one, other] = [message(id, 1), message(id, 1, { messageId: 'other' })];
      const about = { discardedAt: from.toISOString(), discardedBecause: 'a test' };
      await store.park(one);
      await store.park(other);
      expect(await store.discard({ ...one, ...about }, undefined, other)).toEqual({ state: 'done' });
      expect(await store.discard({ ...other, ...about }, undefined, one)).toMatchObject({ state: 'moved' });
      expect(await store.parkedOf(id)).toHaveLength(1);
    });

    it('discards a message and moves the cursor in one write, or does neither', async () => {
      const id = aggregate();
      const discarded = { ...message(id, 1), discardedAt: from.toISOString(), discardedBecause: 'a test' };
      await store.park(message(id, 1));
      expect(await store.discard(discarded, { after: 3, next: { version: 4 } })).toMatchObject({ state: 'moved' });
      expect(await store.parkedOf(id)).toHaveLength(1);
      expect(await store.discard(discarded, { after: 0, next: { version: 1 } })).toEqual({ state: 'done' });
      expect(await store.parkedOf(id)).toEqual([]);
      expect(await store.cursor(id)).toEqual({ version: 1 });
    });

    it("removes an effect's messages when an operator discards them", async () => {
      const id = aggregate();
      await store.commit(id, 0, { version: 1 }, { send: [outgoingMessage(id, 'one')] });
      const unsent = message(id, 1, { reason: 'unsent' });
      await store.park(unsent);
      await store.discard({ ...unsent, discardedAt: from.toISOString(), discardedBecause: 'a test' });
      expect([await store.parkedOf(id), await store.unsent(unsent), await store.cursor(id)]).toEqual([
        [],
        [],
        { version: 1 },
      ]);
    });

    it('keeps the record of a skipped version when the discarded message is discarded again', async () => {
      const id = aggregate();
      for (const messageId of ['a', 'b']) await store.park(message(id, 1, { messageId }));
      const discarded = (messageId: string) => ({
        ...message(id, 1, { messageId }),
        ...{ discardedAt: from.toISOString(), discardedBecause: 'a test' },
      });
      const skipping = { after: 0, next: { version: 1 } };
      expect(await store.discard(discarded('a'), skipping)).toMatchObject({ state: 'done' });
      expect(await store.discard(discarded('a'), undefined, message(id, 1, { messageId: 'b' }))).toMatchObject({
        state: 'moved',
      });
      expect(await store.isGivenUp(message(id, 1, { messageId: 'b' }))).toBe(true);
    });

    it('discards a message below the baseline without a cursor', async () => {
      const id = aggregate();
      await store.park(message(id, 2, { reason: 'below-baseline' }));
      const discarded = { ...message(id, 2), discardedAt: from.toISOString(), discardedBecause: 'a test' };
      expect(await store.discard(discarded)).toEqual({ state: 'done' });
      expect(await store.parkedOf(id)).toEqual([]);
      expect(await store.cursor(id)).toBeUndefined();
    });
  },
);
