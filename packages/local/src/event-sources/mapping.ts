import type { Gate } from './gate.ts';

/** What wakes functions. */
export interface Mapping {
  /** Resolves when nothing that comes from then on is missed. */
  start(): void | Promise<void>;
  stop(): Promise<void>;
  /** Of a schedule: does what it does when its time has come. Of what waits for another try: tries. */
  tick?(): Promise<void>;
  /** Of a function that takes what comes from a queue or a stream: closed, it takes nothing. */
  source?: { functionName: string; gate: Gate };
  /** How much it has accepted and not done, besides what is in the app's queues. */
  held?(): number | Promise<number>;
}
