/**
 * The state of a remote service's circuit breaker, shared by all instances of all functions. Times are epoch
 * milliseconds.
 * @beta
 */
export type CircuitState =
  | { is: 'closed'; since: number }
  /**
   * No call is made before `probeAt`. `failures` is 1 when the circuit opens, and rises by one with each failed probe.
   */
  | { is: 'open'; since: number; failures: number; probeAt: number; because: string }
  /** Only the instance that made this change may call the service until `until`. */
  | { is: 'half-open'; since: number; failures: number; until: number; because: string };

/** Calls that ended in one time slice, and how many of them failed. */
export interface Tally {
  calls: number;
  failures: number;
}

/** The part of a circuit that every call reads. */
export interface CircuitHead {
  /** Incremented by every change of the state. */
  revision: number;
  state: CircuitState;
  /** The last time slice in which an instance reported a failure. */
  failing: number;
}

export interface Counts {
  /** Tallies by slice number, which is the time divided by {@link SLICE_MS}. */
  tallies: ReadonlyMap<number, Tally>;
  /** Number of calls in each duration bucket ({@link durationBucket}). */
  durations: ReadonlyMap<number, number>;
}

export interface Circuit extends CircuitHead, Counts {}

/** Storage of the circuits, shared by all instances. */
export interface CircuitStore {
  head(name: string): Promise<CircuitHead>;
  /** Reads the circuit with all its counts. */
  read(name: string): Promise<Circuit>;
  count(name: string, counts: Counts): Promise<void>;
  /** Records that a call failed in this slice, so that every instance writes its counts. */
  reportFailure(name: string, slice: number): Promise<void>;
  /**
   * Changes the state if the revision is still `seen`, the revision that was read.
   * @returns whether the state was changed
   */
  change(name: string, seen: number, state: CircuitState): Promise<boolean>;
}

export interface CircuitSettings {
  /**
   * The circuit opens when the window has at least `minimumCalls` calls, and at least this share of the calls failed.
   */
  failureRatio: number;
  minimumCalls: number;
  windowMs: number;
  /** Time until the first probe; doubled after each failed probe, up to `longestProbeMs`. */
  firstProbeMs: number;
  longestProbeMs: number;
}

export const CIRCUIT_SETTINGS: CircuitSettings = {
  failureRatio: 0.5,
  minimumCalls: 5,
  windowMs: 30_000,
  firstProbeMs: 5_000,
  longestProbeMs: 60_000,
};

export const SLICE_MS = 5_000;

export const sliceOf = (at: number): number => Math.floor(at / SLICE_MS);

const STEPS_PER_DOUBLING = 4;

/**
 * Index of a duration's bucket in the histogram. For durations of at least 1 ms, the upper bound of the bucket
 * ({@link durationOf}) is at most 19 % above the duration.
 */
export const durationBucket = (ms: number): number =>
  Math.max(0, Math.ceil(Math.log2(Math.max(ms, 1)) * STEPS_PER_DOUBLING));
export const durationOf = (bucket: number): number => 2 ** (bucket / STEPS_PER_DOUBLING);

/** The duration in milliseconds that a share of the calls, `part` (0 to 1), did not exceed; undefined without calls. */
export function percentile(durations: ReadonlyMap<number, number>, part: number): number | undefined {
  const total = [...durations.values()].reduce((sum, count) => sum + count, 0);
  let seen = 0;
  for (const [bucket, count] of [...durations].sort(([a], [b]) => a - b)) {
    seen += count;
    if (seen >= total * part) return Math.round(durationOf(bucket));
  }
  return undefined;
}

/**
 * The sum of the counts in the window. Excludes the slice of `state.since`, in which the circuit last closed or opened,
 * and all earlier slices.
 */
export function recent({ state, tallies }: Circuit, now: number, { windowMs }: CircuitSettings): Tally {
  const from = Math.max(sliceOf(now - windowMs), sliceOf(state.since)) + 1;
  const sum = { calls: 0, failures: 0 };
  for (const [slice, { calls, failures }] of tallies) {
    if (slice < from) continue;
    sum.calls += calls;
    sum.failures += failures;
  }
  return sum;
}

export function shouldOpen(circuit: Circuit, now: number, settings: CircuitSettings): boolean {
  if (circuit.state.is !== 'closed') return false;
  const { calls, failures } = recent(circuit, now, settings);
  return calls >= settings.minimumCalls && failures / calls >= settings.failureRatio;
}

/** The state after a failure opened the circuit, or after a probe failed. */
export function opened(before: CircuitState, now: number, because: string, settings: CircuitSettings): CircuitState {
  const failures = before.is === 'closed' ? 1 : before.failures + 1;
  const pause = Math.min(settings.firstProbeMs * 2 ** (failures - 1), settings.longestProbeMs);
  const since = before.is === 'closed' ? now : before.since;
  return { is: 'open', since, failures, probeAt: now + pause, because };
}
