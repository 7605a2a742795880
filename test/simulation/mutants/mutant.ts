import type { Violation } from '../history.ts';
import type { WorldName } from '../runner.ts';

/** A change of the kit's own source that takes away what a guarantee rests on. */
export interface Mutant {
  name: string;
  /** What the checker must report; either, where losing a message and losing its place come to the same. */
  breaks: Array<Violation['guarantee']>;
  /** Where it is found. Default: in the member application. */
  world?: WorldName;
  /** That finds it soon, where the first would take a minute. */
  seed?: number;
  file: string;
  from: string;
  to: string;
}
