import type { Gate } from './gate.ts';

/** An event source that invokes functions. */
export interface Mapping {
  /** Resolves when the source is ready to receive all later events. */
  start(): void | Promise<void>;
  stop(): Promise<void>;
  /** Runs a schedule now, as if the schedule were due; or runs pending retries now. */
  tick?(): Promise<void>;
  /** Set for a queue or a stream. While the gate is closed, the function receives nothing from this source. */
  source?: { functionName: string; gate: Gate };
  /** Number of accepted but unfinished events. Excludes the events in the app's queues. */
  held?(): number | Promise<number>;
}
