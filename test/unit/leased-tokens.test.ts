import {
  createLeasedTokens,
  leaseSize,
  type Taken,
  type TokenStore,
} from '@rollcall/kit/internal/resilience/leased-tokens';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

/** Counters with the behaviour of conditional writes in DynamoDB. */
class InMemoryTokenStore implements TokenStore {
  readonly counts = new Map<string, Taken>();
  writes = 0;

  async take(key: string, { tokens, ahead }: Taken, limit: number, mostAhead: number) {
    this.writes++;
    const before = this.counts.get(key) ?? { tokens: 0, ahead: 0 };
    const granted = before.tokens <= limit - tokens && before.ahead <= mostAhead - ahead;
    const taken = granted ? { tokens: before.tokens + tokens, ahead: before.ahead + ahead } : before;
    this.counts.set(key, taken);
    return { granted, taken };
  }
}

const INSTANCES = 20;

function stage(store = new InMemoryTokenStore()) {
  const crossings: number[] = [];
  const instances = Array.from({ length: INSTANCES }, () =>
    createLeasedTokens({
      store,
      onLease: (_, before, after, limit) => {
        if (before < limit * 0.8 && limit * 0.8 <= after) crossings.push(after);
      },
    }),
  );
  const takeToken = (instance: number, limit: number, key = 'day') =>
    (instances[instance] as (typeof instances)[number]).take(key, limit);
  /** Requests this number of tokens at once. @returns the number of granted tokens */
  const batch = async (instance: number, count: number, limit: number) =>
    (await Promise.all(Array.from({ length: count }, () => takeToken(instance, limit)))).filter(Boolean).length;
  return { store, instances, crossings, takeToken, batch };
}

describe('tokens that instances lease', () => {
  it('allow 95 % to 100 % of a limit for any load of 20 instances, and report once that it is nearly used up', async () => {
    const load = fc.record({
      limit: fc.oneof(fc.integer({ min: 1, max: 400 }), fc.integer({ min: 400, max: 5_000 })),
      // A batch is an instance and the number of SMS that it sends at once. If an instance has
      // no later batch, its remaining tokens stay unused.
      batches: fc.array(fc.tuple(fc.integer({ min: 0, max: INSTANCES - 2 }), fc.integer({ min: 1, max: 10 })), {
        maxLength: 300,
      }),
    });
    await fc.assert(
      fc.asyncProperty(load, async ({ limit, batches }) => {
        const { batch, takeToken, crossings } = stage();
        let passed = 0;
        // Five batches run at the same time.
        for (let first = 0; first < batches.length; first += 5) {
          const some = batches.slice(first, first + 5).map(([instance, count]) => batch(instance, count, limit));
          for (const count of await Promise.all(some)) passed += count;
        }
        // An instance that was idle so far gets all further SMS.
        for (let text = 0; text <= limit; text++) if (await takeToken(INSTANCES - 1, limit)) passed++;
        expect(passed).toBeLessThanOrEqual(limit);
        expect(passed).toBeGreaterThanOrEqual(limit * 0.95);
        expect(crossings).toHaveLength(1);
      }),
      { numRuns: 60 },
    );
  });

  it('are kept across invocations: SMS sent one at a time cost fewer than one write per ten SMS', async () => {
    const { takeToken, store } = stage();
    for (let text = 0; text < 1_000; text++) expect(await takeToken(text % 5, 100_000)).toBeDefined();
    expect(store.writes).toBeLessThan(100);
  });

  it('are taken for a batch with one write, even if none may be taken in advance', async () => {
    const { batch, store } = stage();
    expect(await batch(0, 10, 19)).toBe(10);
    expect(store.writes).toBe(1);
    expect(await batch(1, 10, 19)).toBe(9);
  });

  it('cost no write if the instance knows that none are left', async () => {
    const { batch, store } = stage();
    await batch(0, 20, 10);
    const { writes } = store;
    expect(await batch(0, 20, 10)).toBe(0);
    expect(store.writes).toBe(writes);
  });

  it('can be used again after they are returned', async () => {
    const { takeToken } = stage();
    const token = await takeToken(0, 1);
    token?.giveBack();
    expect(await takeToken(0, 1)).toBeDefined();
    expect(await takeToken(0, 1)).toBeUndefined();
  });

  it('are requested again after the table was unreachable', async () => {
    const store = new InMemoryTokenStore();
    const take = store.take.bind(store);
    store.take = () => Promise.reject(new Error('throttled'));
    const { takeToken } = stage(store);
    const answers = await Promise.allSettled([takeToken(0, 10), takeToken(0, 10)]);
    expect(answers.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    store.take = take;
    expect(await takeToken(0, 10)).toBeDefined();
  });
});

/** Simulates 1,000 instances for a minute; each uses 100 tokens a second, ten at a time. @returns writes by second */
function minute(limit: number): number[] {
  const taken = { tokens: 0, ahead: 0 };
  const instances = Array.from({ length: 1_000 }, () => ({ tokens: 0, used: 0, own: 0, isRefused: false }));
  return Array.from({ length: 60 }, () => {
    let writes = 0;
    for (let batch = 0; batch < 10; batch++) {
      for (const one of instances) {
        if (one.tokens < 10 && !one.isRefused) {
          const { needed, ahead } = leaseSize(limit, taken, { ...one, need: 10 - one.tokens });
          writes++;
          one.isRefused = needed === 0;
          taken.tokens += needed + ahead;
          taken.ahead += ahead - one.own;
          one.tokens += needed + ahead;
          one.own = ahead;
        }
        const used = Math.min(10, one.tokens);
        one.tokens -= used;
        one.used += used;
      }
    }
    return writes;
  });
}

describe('the item that counts 100,000 SMS a second', () => {
  it('is written less than 1,000 times a second by 1,000 instances, after the first lease of each', () => {
    const [first = 0, ...others] = minute(8_000_000);
    expect(first).toBeLessThan(2_000);
    expect(Math.max(...others)).toBeLessThan(1_000);
  });
});
