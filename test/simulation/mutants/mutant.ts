import type { Violation } from '../history.ts';
import type { WorldName } from '../runner.ts';

/** A change of the kit's own source that removes what a guarantee depends on. */
export interface Mutant {
  name: string;
  /**
   * The guarantee that the checker must report as violated; any of them, where losing a message and losing its order
   * look the same.
   */
  breaks: Array<Violation['guarantee']>;
  /** The simulated world that finds it. Default: the member application. */
  world?: WorldName;
  /** A seed that finds it soon, if the default takes a minute. */
  seed?: number;
  file: string;
  from: string;
  to: string;
}
