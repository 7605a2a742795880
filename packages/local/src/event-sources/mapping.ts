import type { Gate } from './gate.ts';

/** What wakes functions. */
export interface Mapping {
  start(): void;
  stop(): Promise<void>;
  /** Of a schedule: does what it does when its time has come. */
  tick?(): Promise<void>;
  /** Of a function that takes what comes from a queue or a stream: closed, it takes nothing. */
  source?: { functionName: string; gate: Gate };
}
