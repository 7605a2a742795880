import {
  type Circuit,
  type CircuitHead,
  type CircuitSettings,
  type CircuitState,
  type CircuitStore,
  durationBucket,
  sliceOf,
  type Tally,
} from './circuit.ts';
import { waitBriefly, withTimeout } from './last-known.ts';

export interface SharedCircuitOptions {
  /** Name of the circuit, in all functions that share it. */
  name: string;
  store: CircuitStore;
  settings: CircuitSettings;
  now: () => Date;
  /** Called when the circuit could not be read or written. The last known state then stays in use. */
  onFailure: (error: Error) => void;
  /** Waits briefly, so that one write counts the failures of concurrent calls. */
  gathered: () => Promise<unknown>;
}

/** Maximum age of the cached state. */
const MAX_AGE_MS = 1_000;
/** While no instance reports failures, one write counts at least this many calls. */
const CALLS_PER_WRITE = 32;

const INITIAL_HEAD: CircuitHead = { revision: 0, state: { is: 'closed', since: 0 }, failing: 0 };

const noCounts = () => ({ calls: 0, tallies: new Map<number, Tally>(), durations: new Map<number, number>() });

/** Creates one instance's view of a shared circuit, with the counts that the instance has not written yet. */
export function createSharedCircuit({ name, store, settings, now, onFailure, gathered }: SharedCircuitOptions) {
  let lastHead = INITIAL_HEAD;
  let readAt = Number.NEGATIVE_INFINITY;
  let reading: Promise<void> | undefined;
  let counting: Promise<Circuit | undefined> | undefined;
  let uncounted = noCounts();
  const time = () => now().getTime();

  async function countAll(): Promise<void> {
    const counts = uncounted;
    uncounted = noCounts();
    if (counts.calls > 0) await store.count(name, counts);
  }

  async function synchronize(): Promise<void> {
    readAt = time();
    try {
      lastHead = await store.head(name);
      const isFailing = lastHead.failing > sliceOf(time() - settings.windowMs);
      if (isFailing || uncounted.calls >= CALLS_PER_WRITE) await countAll();
    } catch (error) {
      onFailure(error as Error);
    }
    reading = undefined;
  }

  async function countFailures(): Promise<Circuit | undefined> {
    await gathered();
    counting = undefined;
    const slice = sliceOf(time());
    const counted = async () => {
      await Promise.all([countAll(), ...(lastHead.failing < slice ? [store.reportFailure(name, slice)] : [])]);
      return store.read(name);
    };
    try {
      const circuit = await withTimeout(counted());
      lastHead = circuit;
      readAt = time();
      return circuit;
    } catch (error) {
      onFailure(error as Error);
      return undefined;
    }
  }

  return {
    /** The cached state. */
    lastState: (): CircuitState => lastHead.state,

    async current(): Promise<CircuitHead> {
      if (time() - readAt >= MAX_AGE_MS) {
        reading ??= synchronize();
        await waitBriefly(reading);
      }
      return lastHead;
    },

    /** @returns false if another instance has changed the circuit in the meantime, or if the write failed */
    async change(seen: CircuitHead, state: CircuitState): Promise<boolean> {
      try {
        const changed = await withTimeout(store.change(name, seen.revision, state));
        if (changed) lastHead = { ...lastHead, revision: seen.revision + 1, state };
        else readAt = Number.NEGATIVE_INFINITY;
        return changed;
      } catch (error) {
        onFailure(error as Error);
        return false;
      }
    },

    /** Records a call, which a later write counts. */
    count(failed: boolean, startedAt: number): void {
      const { tallies, durations } = uncounted;
      const slice = sliceOf(time());
      const { calls, failures } = tallies.get(slice) ?? { calls: 0, failures: 0 };
      tallies.set(slice, { calls: calls + 1, failures: failures + Number(failed) });
      const bucket = durationBucket(time() - startedAt);
      durations.set(bucket, (durations.get(bucket) ?? 0) + 1);
      uncounted.calls++;
    },

    /**
     * @returns the circuit including the failures of this instance; undefined if it cannot be written or read in time
     */
    countFailures(): Promise<Circuit | undefined> {
      counting ??= countFailures();
      return counting;
    },
  };
}
