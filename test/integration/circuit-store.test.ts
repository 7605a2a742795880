import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CircuitStore, sliceOf } from '../../shared/resilience/circuit.ts';
import { createCircuitStore } from '../../shared/resilience/dynamodb-circuit-store.ts';
import { startTestCloud, type TestCloud } from '../support/cloud.ts';
import { InMemoryCircuitStore } from '../support/in-memory-circuit-store.ts';

let cloud: TestCloud;
beforeAll(async () => {
  cloud = await startTestCloud();
});
afterAll(() => cloud.stop());

const stores: Record<string, () => CircuitStore> = {
  'in memory': () => new InMemoryCircuitStore(),
  'on DynamoDB': () => createCircuitStore({ client: cloud.dynamodb, tableName: 'rollcall-dev-circuits' }),
};

describe.each(Object.keys(stores))('circuits %s', (kind) => {
  const open = { is: 'open', since: 1, failures: 1, probeAt: 2, because: 'it was down' } as const;
  let circuits = 0;
  const one = () => ({ store: stores[kind]?.() as CircuitStore, name: `${kind} ${++circuits}` });
  const counts = (calls: number, failures: number, ...buckets: number[]) => ({
    calls,
    failures,
    durations: new Map(buckets.map((bucket) => [bucket, 1])),
  });

  it('are closed before anybody called', async () => {
    const { store, name } = one();
    expect(await store.read(name)).toMatchObject({ revision: 0, state: { is: 'closed' } });
  });

  it('add up what instances counted, by slice of time', async () => {
    const { store, name } = one();
    const slice = sliceOf(Date.now());
    await Promise.all([store.count(name, slice, counts(3, 1, 4)), store.count(name, slice, counts(2, 2, 4, 8))]);
    const { tallies, durations } = await store.count(name, slice + 1, counts(1, 0));
    expect([tallies.get(slice), tallies.get(slice + 1)]).toEqual([
      { calls: 5, failures: 3 },
      { calls: 1, failures: 0 },
    ]);
    expect([...durations].toSorted()).toEqual([
      [4, 2],
      [8, 1],
    ]);
  });

  it('are changed by the first of those who saw the same', async () => {
    const { store, name } = one();
    await store.count(name, 1, counts(1, 1));
    const changes = await Promise.all([1, 2, 3].map(() => store.change(name, 0, open)));
    expect(changes.filter(Boolean)).toHaveLength(1);
    const { revision, state, tallies } = await store.read(name);
    expect([revision, state, tallies.get(1)]).toEqual([1, open, { calls: 1, failures: 1 }]);
    expect(await store.change(name, 0, open)).toBe(false);
    expect(await store.change(name, 1, { is: 'closed', since: 3 })).toBe(true);
  });
});

describe('circuits on DynamoDB', () => {
  it('forget the tallies of long ago', async () => {
    const store = createCircuitStore({ client: cloud.dynamodb, tableName: 'rollcall-dev-circuits' });
    const count = (slice: number) => store.count('forgetful', slice, { calls: 1, failures: 0, durations: new Map() });
    for (const slice of [1, 2, 20]) await count(slice);
    expect([...(await count(21)).tallies.keys()].toSorted()).toEqual([20, 21]);
  });
});
