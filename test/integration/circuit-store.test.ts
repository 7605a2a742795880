import { ScanCommand } from '@aws-sdk/lib-dynamodb';
import { type CircuitStore, sliceOf } from '@rollcall/kit/internal/resilience/circuit';
import { circuitsOf, createCircuitStore } from '@rollcall/kit/internal/resilience/dynamodb-circuit-store';
import { InMemoryCircuitStore } from '@rollcall/kit/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestCloud, type TestCloud } from '../support/cloud.ts';

let cloud: TestCloud;
beforeAll(async () => {
  cloud = await startTestCloud();
});
afterAll(() => cloud.stop());

const stores: Record<string, () => CircuitStore> = {
  'in memory': () => new InMemoryCircuitStore(),
  'on DynamoDB': () =>
    createCircuitStore({ client: cloud.dynamodb, tableName: 'rollcall-dev-circuits', random: Math.random }),
};

describe.each(Object.keys(stores))('circuits %s', (kind) => {
  const open = { is: 'open', since: 1, failures: 1, probeAt: 2, because: 'it was down' } as const;
  let circuits = 0;
  const one = () => ({ store: stores[kind]?.() as CircuitStore, name: `${kind} ${++circuits}` });
  const counts = (slice: number, calls: number, failures: number, ...buckets: number[]) => ({
    tallies: new Map([[slice, { calls, failures }]]),
    durations: new Map(buckets.map((bucket) => [bucket, 1])),
  });

  it('are closed before any call', async () => {
    const { store, name } = one();
    expect(await store.read(name)).toMatchObject({ revision: 0, state: { is: 'closed' } });
    expect(await store.head(name)).toMatchObject({ revision: 0, state: { is: 'closed' } });
  });

  it('add up the counts of all instances by time slice', async () => {
    const { store, name } = one();
    const slice = sliceOf(Date.now());
    await Promise.all([store.count(name, counts(slice, 3, 1, 4)), store.count(name, counts(slice, 2, 2, 4, 8))]);
    await store.count(name, counts(slice + 1, 1, 0));
    const { tallies, durations } = await store.read(name);
    expect([tallies.get(slice), tallies.get(slice + 1)]).toEqual([
      { calls: 5, failures: 3 },
      { calls: 1, failures: 0 },
    ]);
    expect([...durations].toSorted()).toEqual([
      [4, 2],
      [8, 1],
    ]);
  });

  it('are changed only by the first of concurrent writers', async () => {
    const { store, name } = one();
    await store.count(name, counts(1, 1, 1));
    const changes = await Promise.all([1, 2, 3].map(() => store.change(name, 0, open)));
    expect(changes.filter(Boolean)).toHaveLength(1);
    const { revision, state, tallies } = await store.read(name);
    expect([revision, state, tallies.get(1)]).toEqual([1, open, { calls: 1, failures: 1 }]);
    expect(await store.change(name, 0, open)).toBe(false);
    expect(await store.change(name, 1, { is: 'closed', since: 3 })).toBe(true);
  });
});

describe('circuits on DynamoDB', () => {
  const tableName = 'rollcall-dev-circuits';
  const of = (slice: number) => ({ tallies: new Map([[slice, { calls: 1, failures: 0 }]]), durations: new Map() });

  it('drop old tallies', async () => {
    const store = createCircuitStore({ client: cloud.dynamodb, tableName, random: Math.random });
    for (const slice of [1, 2, 20, 21]) await store.count('forgetful', of(slice));
    expect([...(await store.read('forgetful')).tallies.keys()].toSorted()).toEqual([20, 21]);
  });

  it('count calls in several items, separate from the item with the state', async () => {
    for (let index = 0; index < 8; index++) {
      const store = createCircuitStore({ client: cloud.dynamodb, tableName, random: () => index / 8 });
      await store.count('spread', of(7));
      await store.reportFailure('spread', 7);
    }
    const { Items = [] } = await cloud.dynamodb.send(new ScanCommand({ TableName: tableName }));
    const own = Items.filter(({ pk }) => pk.startsWith('spread'));
    expect(own).toHaveLength(9);
    expect(own.find(({ pk }) => pk === 'spread')).toEqual({ pk: 'spread', failing: 7 });
    expect(circuitsOf(own).get('spread')).toMatchObject({
      failing: 7,
      tallies: new Map([[7, { calls: 8, failures: 0 }]]),
    });
  });
});
