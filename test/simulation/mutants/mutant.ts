import type { Violation } from '../history.ts';
import type { WorldName } from '../runner.ts';

/** A change of the source of the kit or of a service that removes a mechanism on which a guarantee depends. */
export interface Mutant {
  name: string;
  /**
   * The checker must report at least one of these guarantees as violated. A mutant can violate several guarantees: a
   * lost message, for example, also breaks the order.
   */
  breaks: Array<Violation['guarantee']>;
  /** The simulated world in which the checker finds the mutant. Default: the member application. */
  world?: WorldName;
  /** A seed whose schedules find the mutant quickly. Set if the default seed takes a minute to find it. */
  seed?: number;
  /** The changed file. It contains `from` exactly once. */
  file: string;
  from: string;
  /** The text that replaces `from`. */
  to: string;
}
