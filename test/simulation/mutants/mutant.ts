import type { Violation } from '../history.ts';
import type { WorldName } from '../runner.ts';

/** A change of the kit's source that removes a mechanism on which a guarantee depends. */
export interface Mutant {
  name: string;
  /**
   * The checker must report at least one of these guarantees as violated. A mutant can violate several: a lost message, for example,
   * also breaks the order.
   */
  breaks: Array<Violation['guarantee']>;
  /** The simulated world that finds it. Default: the member application. */
  world?: WorldName;
  /** A seed that finds it quickly. Set if the default seed takes a minute. */
  seed?: number;
  file: string;
  from: string;
  to: string;
}
