import {
  CIRCUIT_SETTINGS,
  type Circuit,
  type CircuitSettings,
  type CircuitState,
  type CircuitStore,
  durationBucket,
  opened,
  shouldOpen,
  sliceOf,
} from './circuit.ts';
import { CircuitOpenError } from './errors.ts';
import { patiently, withPatience } from './last-known.ts';

export interface BreakerOptions {
  /** Of the circuit, in all functions that share it. */
  name: string;
  store: CircuitStore;
  settings?: CircuitSettings;
  /** What an error says about the service; `unknown`: it was not asked. */
  judge: (error: unknown) => 'well' | 'failed' | 'unknown';
  now: () => Date;
  /** Told when this instance opened the circuit, or found it still failing; and when its probe closed it. */
  onChange: (state: CircuitState) => Promise<void> | void;
  /** Told when the circuit could not be read or written: the state that was known last holds. */
  onFailure: (error: Error) => void;
}

/** Longer than a call may take, or a second probe would begin beside the first. */
const PROBE_LEASE_MS = 12_000;
/** So old, what is known of the circuit is read again. */
const MAX_AGE_MS = 1_000;

const UNKNOWN: Circuit = {
  revision: 0,
  state: { is: 'closed', since: 0 },
  tallies: new Map(),
  durations: new Map(),
};

/** When the next may call. */
const callableFrom = (state: Exclude<CircuitState, { is: 'closed' }>) =>
  new Date(state.is === 'open' ? state.probeAt : state.until);

export type Breaker = ReturnType<typeof createBreaker>;

/**
 * A circuit breaker whose state all instances share. What this instance counts is written with the next read, at most
 * once a second; a failure at once.
 */
export function createBreaker(options: BreakerOptions) {
  const { name, store, settings = CIRCUIT_SETTINGS, judge, onChange, onFailure } = options;
  const now = () => options.now().getTime();
  let known = UNKNOWN;
  let readAt = Number.NEGATIVE_INFINITY;
  let reading: Promise<void> | undefined;
  let uncounted = { slice: 0, calls: 0, failures: 0, durations: new Map<number, number>() };

  async function synchronize(): Promise<void> {
    const { slice, ...counts } = uncounted;
    uncounted = { slice: 0, calls: 0, failures: 0, durations: new Map() };
    readAt = now();
    try {
      known = await (counts.calls > 0 ? store.count(name, slice, counts) : store.read(name));
    } catch (error) {
      onFailure(error as Error);
    }
    reading = undefined;
  }

  async function current(): Promise<Circuit> {
    if (now() - readAt >= MAX_AGE_MS) {
      reading ??= synchronize();
      await patiently(reading);
    }
    return known;
  }

  /** @returns whether nobody was faster */
  async function change(seen: Circuit, state: CircuitState): Promise<boolean> {
    try {
      const changed = await withPatience(store.change(name, seen.revision, state));
      if (changed) known = { ...known, revision: seen.revision + 1, state };
      else readAt = Number.NEGATIVE_INFINITY;
      return changed;
    } catch (error) {
      onFailure(error as Error);
      return false;
    }
  }

  /** @returns the circuit as it is while this call has the lease to probe; nothing, if it is closed */
  async function admit(): Promise<Circuit | undefined> {
    const seen = await current();
    const { state } = seen;
    if (state.is === 'closed') return undefined;
    const at = now();
    if (at < callableFrom(state).getTime()) throw new CircuitOpenError(name, callableFrom(state));
    const { since, failures, because } = state;
    const until = at + PROBE_LEASE_MS;
    const probing: CircuitState = { is: 'half-open', since, failures, because, until };
    if (!(await change(seen, probing))) throw new CircuitOpenError(name, new Date(at + settings.firstProbeMs));
    return { ...seen, revision: seen.revision + 1, state: probing };
  }

  function count(failed: boolean, startedAt: number): void {
    const bucket = durationBucket(now() - startedAt);
    // The function may be frozen before it is written: what is counted then is none of that time's.
    uncounted.slice = sliceOf(now());
    uncounted.calls++;
    if (failed) uncounted.failures++;
    uncounted.durations.set(bucket, (uncounted.durations.get(bucket) ?? 0) + 1);
  }

  async function open(seen: Circuit, cause: Error): Promise<void> {
    const state = opened(seen.state, now(), cause.message.slice(0, 500), settings);
    if (await change(seen, state)) await onChange(state);
  }

  async function succeed(probe: Circuit | undefined): Promise<void> {
    if (!probe) return;
    const state: CircuitState = { is: 'closed', since: now() };
    if (await change(probe, state)) await onChange(state);
  }

  /** The probe that was none: the next may try at once. */
  async function giveUp(probe: Circuit | undefined): Promise<void> {
    if (probe?.state.is !== 'half-open') return;
    const { since, failures, because } = probe.state;
    await change(probe, { is: 'open', since, failures, because, probeAt: now() });
  }

  async function fail(probe: Circuit | undefined, cause: Error): Promise<void> {
    if (probe) return open(probe, cause);
    await patiently(synchronize());
    if (shouldOpen(known, now(), settings)) await open(known, cause);
  }

  return {
    /**
     * Calls the service, unless its circuit is open.
     * @param call says when it begins, after what comes before it
     * @throws {CircuitOpenError} if it is, or is so after this call; else what the call throws
     */
    async execute<T>(call: (begins: () => void) => Promise<T>): Promise<T> {
      const probe = await admit();
      let startedAt = now();
      const begins = () => {
        startedAt = now();
      };
      try {
        const answer = await call(begins);
        count(false, startedAt);
        await succeed(probe);
        return answer;
      } catch (error) {
        const verdict = judge(error);
        if (verdict === 'unknown') {
          await giveUp(probe);
          throw error;
        }
        count(verdict === 'failed', startedAt);
        await (verdict === 'failed' ? fail(probe, error as Error) : succeed(probe));
        const { state } = known;
        if (verdict === 'failed' && state.is !== 'closed') throw new CircuitOpenError(name, callableFrom(state), error);
        throw error;
      }
    },
  };
}
