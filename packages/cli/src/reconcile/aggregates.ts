import type { Channel } from '@rollcall/kit/internal/contracts/channel';
import type { Draft } from '@rollcall/kit/internal/messaging/draft';

/** An item of a table, as it is stored. */
export type Item = Record<string, unknown>;

/**
 * Where a service keeps the aggregates of its topic, and the counts of its commands: what `ops reconcile` compares with
 * what consumers hold.
 * @public
 */
export interface Aggregates {
  /** It has one sender. */
  readonly topic: Channel;
  /** Names of the tables, without those of app and stage: of the states, and of the outbox. */
  readonly table: string;
  readonly outbox: string;
  /** The queues that keep order to which its service sends commands, and counts them in `table`. No other service does. Default: none. */
  readonly commands?: readonly Channel[];
  /** The id of the aggregate whose state an item is; undefined: it is something else. */
  readonly idOf: (item: Item) => string | undefined;
  /** The key of an aggregate's state. Default: `{ pk: id }`. */
  readonly key?: (id: string) => Record<string, string>;
  /** The attribute with the version of a state. Default: `version`. */
  readonly version?: string;
  /** Whether a state says that the aggregate was erased, by an event that erases. Default: none is. */
  readonly isErased?: (state: Item) => boolean;
  /**
   * The event from which a consumer that stands at `version - 1` has all that it would have of the state; of an erased one, the
   * event that erases. Undefined, the default: there is none, and a person decides.
   */
  readonly stateAt?: (state: Item, version: number) => Draft | undefined;
  /** Whether a consumer at the same version holds what the state says: `held` has its cursor. Default: it does. */
  readonly agrees?: (state: Item, consumer: string, held: Item) => boolean;
}
