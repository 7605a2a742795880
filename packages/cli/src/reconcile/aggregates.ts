import type { Channel } from '@rollcall/kit/internal/contracts/channel';
import type { Draft } from '@rollcall/kit/internal/messaging/draft';

/** An item of a table, as it is stored. */
export type Item = Record<string, unknown>;

/**
 * Where a service keeps the aggregates of its topic, and the counters of its commands: what `ops reconcile` compares
 * with consumers.
 * @public
 */
export interface Aggregates {
  /** The topic, which has one sender. */
  readonly topic: Channel;
  /** Table names of the states and of the outbox, without app and stage. */
  readonly table: string;
  readonly outbox: string;
  /**
   * The ordered queues to which the service sends commands, counted in `table`. No other service may send to them.
   * Default: none.
   */
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
   * The event that brings a consumer at `version - 1` to the current state; for an erased aggregate, the erasing event.
   * Default, or if undefined: there is none, and a person decides.
   */
  readonly stateAt?: (state: Item, version: number) => Draft | undefined;
  /**
   * Whether a consumer at the same version agrees with the state: `held` is the item with its cursor. Default: it does.
   */
  readonly agrees?: (state: Item, consumer: string, held: Item) => boolean;
}
