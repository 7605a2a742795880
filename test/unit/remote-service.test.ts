import { ProxyTracer } from '@opentelemetry/api';
import { withinBudget } from '@rollcall/kit/internal/resilience/budget';
import {
  NoInstanceError,
  RejectedError,
  ThrottledError,
  UnavailableError,
} from '@rollcall/kit/internal/resilience/errors';
import { createNodes } from '@rollcall/kit/internal/resilience/nodes';
import {
  createRemoteService,
  type RemoteServiceOptions,
  type Try,
} from '@rollcall/kit/internal/resilience/remote-service';
import { describe, expect, it, vi } from 'vitest';
import { TIME } from '../support/builders.ts';

const down = () => new UnavailableError('down');
const idempotent = { tries: 3, isIdempotent: () => true };

function service(call: (one: Try) => Promise<string>, more: Partial<RemoteServiceOptions<string, string>> = {}) {
  const requests = { count: 0 };
  const ask = createRemoteService<string, string>({
    name: 'it',
    timeoutMs: 1_000,
    ...more,
    call: (_, one) => {
      requests.count++;
      return call(one);
    },
  });
  return { requests, ask: () => ask('request').catch((error: Error) => `${error.name}: ${error.message}`) };
}

const instance = (id: string, weight = 1) => ({ id, address: `http://${id}`, weight, metadata: {} });

function nodesOf(ids: string[], random = () => 0) {
  const state = { at: TIME.getTime(), down: false, ids, problems: 0 };
  const nodes = createNodes({
    service: 'it',
    registry: {
      find: async () => {
        if (state.down) throw new Error('registry is down');
        return state.ids.map((id) => ({ ...instance(id), leaseUntil: 0 }));
      },
    },
    now: () => new Date(state.at),
    random,
    onFailure: () => void state.problems++,
  });
  return { nodes, state };
}

describe('a remote service', () => {
  it('aborts a call at its timeout, and closes its socket', async () => {
    let aborted = false;
    const { ask } = service(
      ({ signal }) =>
        new Promise(() => {
          signal.addEventListener('abort', () => {
            aborted = true;
          });
        }),
      { timeoutMs: 20 },
    );
    expect(await ask()).toBe('UnavailableError: it did not respond within 20 ms');
    expect(aborted).toBe(true);
  });

  it('uses at most the remaining time of its function, minus a reserve', async () => {
    const hang = () => new Promise<string>(() => {});
    const { ask } = service(hang, { timeoutMs: 30 });
    expect(await withinBudget(() => 2_520, ask)).toBe('UnavailableError: it did not respond within 20 ms');
  });

  it('does not start a call if too little time remains', async () => {
    const { ask, requests } = service(async () => 'done');
    const answer = await withinBudget(
      () => 2_900,
      () => withinBudget(() => 10_000, ask),
    );
    expect(answer).toBe('OutOfTimeError: too little time is left to call it');
    expect(requests.count).toBe(0);
  });

  it('fails immediately if the bulkhead is full', async () => {
    const gate = Promise.withResolvers<string>();
    const { ask, requests } = service(() => gate.promise, { atOnce: 2 });
    const calls = [ask(), ask(), ask()];
    expect(await calls[2]).toBe('BulkheadFullError: 2 calls to it are already in progress');
    gate.resolve('done');
    expect(await Promise.all(calls.slice(0, 2))).toEqual(['done', 'done']);
    expect(requests.count).toBe(2);
  });

  it('retries on other instances, one after the other', async () => {
    const { nodes } = nodesOf(['a', 'b', 'c']);
    const seen: string[] = [];
    const { ask } = service(
      async ({ instance }) => {
        seen.push(instance?.id ?? '');
        if (seen.length < 3) throw down();
        return 'done';
      },
      { nodes, retry: idempotent },
    );
    expect(await ask()).toBe('done');
    expect(seen.toSorted()).toEqual(['a', 'b', 'c']);
  });

  it('tries every instance before it tries any instance twice, even if all instances have failed before', async () => {
    const { nodes } = nodesOf(['a', 'b']);
    for (const id of ['a', 'b']) await nodes.watch(instance(id), () => Promise.reject(down())).catch(() => {});
    const seen: string[] = [];
    const { ask } = service(
      async ({ instance: chosen }) => {
        seen.push(chosen?.id ?? '');
        throw down();
      },
      { nodes, retry: { ...idempotent, tries: 2 } },
    );
    await ask();
    expect(seen.toSorted()).toEqual(['a', 'b']);
  });

  it('numbers its tries in the trace, also if `call` determines the address', async () => {
    const startSpan = vi.spyOn(ProxyTracer.prototype, 'startSpan');
    const { ask } = service(async () => Promise.reject(down()), { retry: idempotent });
    await ask();
    expect(startSpan.mock.calls.map(([, options]) => options?.attributes)).toEqual(
      [1, 2, 3].map((number) => ({ 'rollcall.try': number })),
    );
    startSpan.mockRestore();
  });

  it('retries only idempotent calls, and only after failures that a retry may resolve', async () => {
    const once = service(() => Promise.reject(down()), { retry: { ...idempotent, isIdempotent: () => false } });
    const refused = service(() => Promise.reject(new RejectedError('no')), { retry: idempotent });
    const throttled = service(() => Promise.reject(new ThrottledError('later', 1)), { retry: idempotent });
    const failing = service(() => Promise.reject(down()), { retry: idempotent });
    for (const { ask } of [once, refused, throttled, failing]) await ask();
    expect([once, refused, throttled, failing].map(({ requests }) => requests.count)).toEqual([1, 1, 1, 3]);
  });

  it('does not multiply its attempts by the attempts of a nested call', async () => {
    const inner = service(() => Promise.reject(down()), { retry: idempotent });
    const outer = service(
      async () => {
        const answer = await inner.ask();
        throw new UnavailableError(answer);
      },
      { retry: idempotent },
    );
    await outer.ask();
    expect([outer.requests.count, inner.requests.count]).toEqual([3, 3]);
  });

  it('uses the fallback after a failure, but not after a refusal', async () => {
    const fallback = async (_: string, { message }: Error) => `instead of ${message}`;
    const failing = service(() => Promise.reject(down()), { fallback });
    const refusing = service(() => Promise.reject(new RejectedError('no')), { fallback });
    expect([await failing.ask(), await refusing.ask()]).toEqual(['instead of down', 'RejectedError: no']);
  });

  it.each([
    ['certainly had no effect', down()],
    ['could not be made', new Error('table throttled')],
    ['was refused', new RejectedError('no')],
  ])('still reports an unknown outcome if a later attempt %s', async (_, later) => {
    const outcomes = [new UnavailableError('no answer', { outcomeUnknown: true }), later];
    const causes: Error[] = [];
    const { ask } = service(() => Promise.reject(outcomes.shift()), {
      retry: { ...idempotent, tries: 2 },
      fallback: async (_, cause) => {
        causes.push(cause);
        return 'elsewhere';
      },
    });
    await ask();
    expect(causes).toMatchObject([{ message: later.message, outcomeUnknown: true }]);
  });

  it('waits for admission outside its timeout, and only if the circuit allows the call', async () => {
    const order: string[] = [];
    const { ask } = service(
      async () => {
        order.push('called');
        return 'done';
      },
      {
        admit: async () => void order.push('its turn'),
        breaker: {
          execute: (call) => {
            order.push('circuit');
            return call(() => void order.push('begins'));
          },
        },
      },
    );
    await ask();
    expect(order).toEqual(['circuit', 'its turn', 'begins', 'called']);
  });
});

describe('discovery', () => {
  it('fails if no instance is registered', async () => {
    const { nodes } = nodesOf([]);
    const { ask } = service(async () => 'done', { nodes });
    expect(await ask()).toBe('NoInstanceError: no instance of it is registered');
    expect(new NoInstanceError('x')).toBeInstanceOf(UnavailableError);
  });

  it('chooses from two instances the instance that is less busy relative to its weight', async () => {
    const heavy = [instance('a', 3), instance('b', 1)];
    const nodes = createNodes({
      service: 'it',
      registry: { find: async () => heavy.map((one) => ({ ...one, leaseUntil: 0 })) },
      now: () => TIME,
      random: () => 0,
      onFailure: () => {},
    });
    const chosen: string[] = [];
    for (let call = 0; call < 8; call++) {
      const one = await nodes.choose(new Set());
      if (!one) throw new Error('no instance');
      chosen.push(one.id);
      void nodes.watch(one, () => new Promise(() => {}));
    }
    expect(chosen.filter((id) => id === 'a')).toHaveLength(6);
  });

  it('avoids a failed instance, for longer each time, and uses it if all other instances have failed later', async () => {
    const { nodes, state } = nodesOf(['a', 'b']);
    const fail = async (id: string) => nodes.watch(instance(id), () => Promise.reject(down())).catch(() => {});
    const choose = async () => (await nodes.choose(new Set()))?.id;
    await choose();
    await fail('a');
    expect([await choose(), await choose()]).toEqual(['b', 'b']);
    state.at += 1_000;
    expect(await choose()).toBe('a');
    await fail('a');
    state.at += 1_000;
    expect(await choose()).toBe('b');
    await fail('b');
    expect(await choose()).toBe('a');
  });

  it('does not wait for a registry that does not respond, if it knows instances', async () => {
    let hangs = false;
    let at = TIME.getTime();
    const nodes = createNodes({
      service: 'it',
      registry: {
        find: () => (hangs ? new Promise(() => {}) : Promise.resolve([{ ...instance('a'), leaseUntil: 0 }])),
      },
      now: () => new Date(at),
      random: () => 0,
      onFailure: () => {},
    });
    await nodes.choose(new Set());
    hangs = true;
    at += 60_000;
    expect((await nodes.choose(new Set()))?.id).toBe('a');
  });

  it('continues with the known instances while the registry cannot be read', async () => {
    const { nodes, state } = nodesOf(['a']);
    await nodes.choose(new Set());
    state.down = true;
    state.at += 3_600_000;
    expect((await nodes.choose(new Set()))?.id).toBe('a');
    expect(state.problems).toBe(1);
    state.down = false;
    state.ids = ['b'];
    state.at += 3_000;
    expect((await nodes.choose(new Set()))?.id).toBe('b');
  });
});
