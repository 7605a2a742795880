import type { Gate } from './gate.ts';

/** An event source that invokes functions. */
export interface Mapping {
  /** Resolves when it misses nothing from then on. */
  start(): void | Promise<void>;
  stop(): Promise<void>;
  /** For a schedule: runs it as if it were due. For pending retries: retries now. */
  tick?(): Promise<void>;
  /** For a function that consumes a queue or a stream: while the gate is closed, it receives nothing. */
  source?: { functionName: string; gate: Gate };
  /** Number of accepted and unfinished events, not counting the app's queues. */
  held?(): number | Promise<number>;
}
