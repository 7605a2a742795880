import { createBreaker } from '@rollcall/kit/internal/resilience/breaker';
import { durationBucket, durationOf, percentile } from '@rollcall/kit/internal/resilience/circuit';
import { BulkheadFullError, RejectedError, UnavailableError } from '@rollcall/kit/internal/resilience/errors';
import { classify } from '@rollcall/kit/internal/resilience/remote-service';
import { InMemoryCircuitStore } from '@rollcall/kit/testing';
import { describe, expect, it } from 'vitest';
import { TIME } from '../support/builders.ts';

/** Creates instances of a function that share a circuit. The test advances their clock. */
function stage(instances: number) {
  const store = new InMemoryCircuitStore();
  let at = TIME.getTime();
  const changes: string[] = [];
  const problems: Error[] = [];
  const breakers = Array.from({ length: instances }, () =>
    createBreaker({
      name: 'provider',
      store,
      classify,
      now: () => new Date(at),
      onChange: ({ is }) => void changes.push(is),
      onFailure: (error) => void problems.push(error),
      gathered: () => new Promise(setImmediate),
    }),
  );
  const provider = { calls: 0, error: undefined as Error | undefined, gate: undefined as Promise<void> | undefined };
  const call = async (breaker = 0) => {
    const { execute } = breakers[breaker] as (typeof breakers)[number];
    return execute(async () => {
      provider.calls++;
      await provider.gate;
      if (provider.error) throw provider.error;
      return 'done';
    }).catch((error: Error) => error.name);
  };
  const down = new UnavailableError('the provider is down');
  return {
    store,
    provider,
    changes,
    problems,
    call,
    down,
    pass: (ms: number) => {
      at += ms;
    },
    /** Makes calls of the first instance fail until the circuit is open. */
    async open() {
      provider.error = down;
      for (let time = 0; time < 5; time++) await call();
      provider.calls = 0;
    },
  };
}

describe('a circuit breaker', () => {
  it('opens when half of at least five calls in the window failed, counted over all instances', async () => {
    const { call, provider, down, changes, pass } = stage(3);
    await call(0);
    await call(1);
    pass(1_000);
    await call(0);
    await call(1);
    provider.error = down;
    expect([await call(0), await call(1), await call(2)]).toEqual(Array(3).fill('UnavailableError'));
    expect(changes).toEqual([]);
    expect(await call(2)).toBe('CircuitOpenError');
    expect(changes).toEqual(['open']);
  });

  it('stays closed while the window has fewer than five calls, even if all of them fail', async () => {
    const { call, provider, down, pass } = stage(1);
    provider.error = down;
    for (let time = 0; time < 8; time++) {
      expect(await call()).toBe('UnavailableError');
      pass(10_000);
    }
  });

  it('blocks calls while it is open, on every instance within a second', async () => {
    const { call, provider, open, pass } = stage(3);
    await call(1);
    await open();
    pass(1_000);
    expect([await call(0), await call(1), await call(2)]).toEqual(Array(3).fill('CircuitOpenError'));
    expect(provider.calls).toBe(0);
  });

  it('lets one instance probe at a time, and closes for all when the probe succeeds', async () => {
    const { call, provider, open, pass, changes } = stage(3);
    await open();
    pass(5_000);
    const gate = Promise.withResolvers<void>();
    provider.error = undefined;
    provider.gate = gate.promise;
    const probe = call(0);
    await new Promise(setImmediate);
    expect([await call(1), await call(2)]).toEqual(['CircuitOpenError', 'CircuitOpenError']);
    gate.resolve();
    expect(await probe).toBe('done');
    expect(provider.calls).toBe(1);
    expect(changes).toEqual(['open', 'closed']);
    pass(1_000);
    expect(await Promise.all([0, 1, 2].map((instance) => call(instance)))).toEqual(['done', 'done', 'done']);
  });

  it('lets one of three concurrent callers probe', async () => {
    const { call, provider, open, pass } = stage(3);
    await open();
    pass(5_000);
    provider.error = undefined;
    const outcomes = await Promise.all([call(0), call(1), call(2)]);
    expect(outcomes.toSorted()).toEqual(['CircuitOpenError', 'CircuitOpenError', 'done']);
    expect(provider.calls).toBe(1);
  });

  it('waits twice as long after each probe that fails, up to a minute', async () => {
    const { call, provider, open, pass, store } = stage(1);
    await open();
    const pauses: number[] = [];
    for (let probe = 0; probe < 6; probe++) {
      const { state } = await store.read('provider');
      if (state.is !== 'open') throw new Error(state.is);
      let waited = 0;
      while (provider.calls === probe) {
        pass(1_000);
        waited += 1_000;
        await call();
      }
      pauses.push(waited);
    }
    expect(pauses).toEqual([5_000, 10_000, 20_000, 40_000, 60_000, 60_000]);
  });

  it('is not opened again by the failures that opened it before', async () => {
    const { call, provider, open, pass, down } = stage(1);
    await open();
    pass(5_000);
    provider.error = undefined;
    await call();
    provider.error = down;
    expect(await call()).toBe('UnavailableError');
  });

  it('probes again when the lease of an unfinished probe has expired', async () => {
    const { provider, open, pass, store, call } = stage(2);
    await open();
    const { revision, state } = await store.read('provider');
    if (state.is !== 'open') throw new Error(state.is);
    const { probeAt: _, ...open_ } = state;
    await store.change('provider', revision, {
      ...open_,
      is: 'half-open',
      until: TIME.getTime() + 12_000,
    });
    pass(11_000);
    expect(await call(1)).toBe('CircuitOpenError');
    pass(1_000);
    provider.error = undefined;
    expect(await call(1)).toBe('done');
  });

  it('counts a rejection as healthy, and ignores calls that were not made', async () => {
    const { call, provider, open, pass, changes } = stage(1);
    provider.error = new RejectedError('no such number');
    for (let time = 0; time < 20; time++) expect(await call()).toBe('RejectedError');
    expect(changes).toEqual([]);
    pass(60_000);
    await open();
    pass(5_000);
    provider.error = new BulkheadFullError('full');
    expect(await call()).toBe('BulkheadFullError');
    expect(changes).toEqual(['open']);
    provider.error = new RejectedError('no such number');
    expect(await call()).toBe('RejectedError');
    expect(await call()).toBe('RejectedError');
  });

  it('reads its state at most once a second while it is closed', async () => {
    const { call, store, pass } = stage(1);
    for (let time = 0; time < 100; time++) await call();
    expect(store.heads).toBe(1);
    pass(1_000);
    for (let time = 0; time < 100; time++) await call();
    expect(store.heads).toBe(2);
  });

  it('writes nothing for a successful call, except a count at intervals', async () => {
    const { call, store, pass } = stage(1);
    for (let time = 0; time < 320; time++) {
      await call();
      pass(1_000);
    }
    expect(store.counts).toBeLessThanOrEqual(10);
    const { durations } = await store.read('provider');
    expect([...durations.values()].reduce((sum, count) => sum + count, 0)).toBeGreaterThan(280);
  });

  it('counts calls that fail at the same time with one write, before any of them ends', async () => {
    const { call, provider, down, store } = stage(1);
    provider.error = down;
    const failing = Array.from({ length: 4 }, () => call());
    await failing[0];
    const [tally] = [...(await store.read('provider')).tallies.values()];
    expect([store.counts, tally]).toEqual([1, { calls: 4, failures: 4 }]);
    await Promise.all(failing);
  });

  it('stays closed if all calls of one instance fail but most calls of others succeed', async () => {
    const { call, provider, down, pass, changes } = stage(2);
    const others = async () => {
      provider.error = undefined;
      for (let time = 0; time < 10; time++) await call(1);
      pass(1_000);
      provider.error = down;
    };
    provider.error = down;
    await call(0);
    await others();
    for (let second = 0; second < 4; second++) {
      await others();
      await call(0);
      await call(0);
    }
    expect(changes).toEqual([]);
  });

  it('does not wait for a table that does not respond, even after a successful probe', async () => {
    const { call, provider, open, pass, store, problems } = stage(1);
    await open();
    pass(5_000);
    provider.error = undefined;
    const change = store.change.bind(store);
    store.change = async (...given) => (given[2].is === 'closed' ? new Promise(() => {}) : change(...given));
    expect(await call()).toBe('done');
    expect(problems[0]?.message).toBe('no response within 250 ms');
  });

  it('lets calls through while the table cannot be reached, and reports this', async () => {
    const { call, provider, store, problems, down } = stage(1);
    store.down = true;
    expect(await call()).toBe('done');
    provider.error = down;
    for (let time = 0; time < 10; time++) expect(await call()).toBe('UnavailableError');
    expect(problems[0]?.message).toBe('the table cannot be reached');
  });

  it('rounds recorded durations up by less than a fifth', () => {
    for (const ms of [1, 7, 100, 999, 1_999]) {
      const shown = durationOf(durationBucket(ms));
      expect(shown).toBeGreaterThanOrEqual(ms);
      expect(shown).toBeLessThan(ms * 1.2);
    }
    const durations = new Map([
      [durationBucket(10), 990],
      [durationBucket(1_000), 10],
    ]);
    expect([0.5, 0.99, 0.999].map((part) => percentile(durations, part))).toEqual([11, 11, 1024]);
    expect(percentile(new Map(), 0.5)).toBeUndefined();
  });
});
