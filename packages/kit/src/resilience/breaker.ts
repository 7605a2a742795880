import { setTimeout as delay } from 'node:timers/promises';
import {
  CIRCUIT_SETTINGS,
  type Circuit,
  type CircuitHead,
  type CircuitSettings,
  type CircuitState,
  type CircuitStore,
  durationBucket,
  opened,
  shouldOpen,
  sliceOf,
  type Tally,
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
  /** Resolves when other calls may have failed as well, which are then counted by the same write. */
  gathered?: () => Promise<unknown>;
}

/** Longer than a call may take, or a second probe would begin beside the first. */
const PROBE_LEASE_MS = 12_000;
/** So old, what is known of the circuit is read again. */
const MAX_AGE_MS = 1_000;
/** At most four writes a second and instance, however many calls fail. */
const GATHERED_MS = 250;
/** While nothing fails anywhere, so many calls are counted by one write. */
const CALLS_A_WRITE = 32;

const UNKNOWN: CircuitHead = { revision: 0, state: { is: 'closed', since: 0 }, failing: 0 };

const nothing = () => ({ calls: 0, tallies: new Map<number, Tally>(), durations: new Map<number, number>() });

/** When the next may call. */
const callableFrom = (state: Exclude<CircuitState, { is: 'closed' }>) =>
  new Date(state.is === 'open' ? state.probeAt : state.until);

export type Breaker = ReturnType<typeof createBreaker>;

/**
 * A circuit breaker whose state all instances share. A call that fails ends when it is counted, so that no function is frozen
 * before; what ends well is counted once in a while, and each second while calls fail on any instance.
 */
export function createBreaker(options: BreakerOptions) {
  const { name, store, settings = CIRCUIT_SETTINGS, judge, onChange, onFailure } = options;
  const { gathered = () => delay(GATHERED_MS) } = options;
  const now = () => options.now().getTime();
  let known = UNKNOWN;
  let readAt = Number.NEGATIVE_INFINITY;
  let reading: Promise<void> | undefined;
  let counting: Promise<Circuit | undefined> | undefined;
  let uncounted = nothing();

  async function countAll(): Promise<void> {
    const counts = uncounted;
    uncounted = nothing();
    if (counts.calls > 0) await store.count(name, counts);
  }

  async function synchronize(): Promise<void> {
    readAt = now();
    try {
      known = await store.head(name);
      const isFailing = known.failing > sliceOf(now() - settings.windowMs);
      if (isFailing || uncounted.calls >= CALLS_A_WRITE) await countAll();
    } catch (error) {
      onFailure(error as Error);
    }
    reading = undefined;
  }

  /** @returns the circuit with the failures of this instance; undefined, if it cannot be known */
  async function countFailures(): Promise<Circuit | undefined> {
    await gathered();
    counting = undefined;
    const slice = sliceOf(now());
    const counted = async () => {
      await Promise.all([countAll(), ...(known.failing < slice ? [store.reportFailure(name, slice)] : [])]);
      return store.read(name);
    };
    try {
      const circuit = await withPatience(counted());
      known = circuit;
      readAt = now();
      return circuit;
    } catch (error) {
      onFailure(error as Error);
      return undefined;
    }
  }

  async function current(): Promise<CircuitHead> {
    if (now() - readAt >= MAX_AGE_MS) {
      reading ??= synchronize();
      await patiently(reading);
    }
    return known;
  }

  /** @returns whether nobody was faster */
  async function change(seen: CircuitHead, state: CircuitState): Promise<boolean> {
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
  async function admit(): Promise<CircuitHead | undefined> {
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
    const { tallies, durations } = uncounted;
    const slice = sliceOf(now());
    const { calls, failures } = tallies.get(slice) ?? { calls: 0, failures: 0 };
    tallies.set(slice, { calls: calls + 1, failures: failures + Number(failed) });
    const bucket = durationBucket(now() - startedAt);
    durations.set(bucket, (durations.get(bucket) ?? 0) + 1);
    uncounted.calls++;
  }

  async function open(seen: CircuitHead, cause: Error): Promise<void> {
    const state = opened(seen.state, now(), cause.message.slice(0, 500), settings);
    if (await change(seen, state)) await onChange(state);
  }

  async function succeed(probe: CircuitHead | undefined): Promise<void> {
    if (!probe) return;
    const state: CircuitState = { is: 'closed', since: now() };
    if (await change(probe, state)) await onChange(state);
  }

  /** The probe that was none: the next may try at once. */
  async function giveUp(probe: CircuitHead | undefined): Promise<void> {
    if (probe?.state.is !== 'half-open') return;
    const { since, failures, because } = probe.state;
    await change(probe, { is: 'open', since, failures, because, probeAt: now() });
  }

  async function fail(probe: CircuitHead | undefined, cause: Error): Promise<void> {
    if (probe) return open(probe, cause);
    counting ??= countFailures();
    const circuit = await counting;
    if (circuit && known.state.is === 'closed' && shouldOpen(circuit, now(), settings)) await open(circuit, cause);
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
