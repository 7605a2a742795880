import type { Channel } from '@rollcall/kit/internal/contracts/channel';
import type { Draft } from '@rollcall/kit/internal/messaging/draft';

/** An item of a table, as it is stored. */
export type Item = Record<string, unknown>;

/**
 * The tables in which a service stores the aggregates of its topic, and the counters of its commands. `ops reconcile`
 * compares these tables with the tables of consumers.
 * @public
 */
export interface Aggregates {
  /** The topic. It must have exactly one sender. */
  readonly topic: Channel;
  /** Table names of the states and of the outbox, without app and stage. */
  readonly table: string;
  readonly outbox: string;
  /**
   * The ordered queues to which the service sends commands. The counters of the commands are in `table`. No other
   * service may send to these queues. Default: none.
   */
  readonly commands?: readonly Channel[];
  /** The id of the aggregate, if the item is the state of an aggregate; otherwise undefined. */
  readonly idOf: (item: Item) => string | undefined;
  /** The key of an aggregate's state. Default: `{ pk: id }`. */
  readonly key?: (id: string) => Record<string, string>;
  /** The attribute with the version of a state. Default: `version`. */
  readonly version?: string;
  /** Whether the aggregate with this state was erased by an erasing event. Default: false. */
  readonly isErased?: (state: Item) => boolean;
  /**
   * The event that brings a consumer at `version - 1` to the current state; for an erased aggregate, the erasing event.
   * If this function is missing or returns undefined, an operator must decide.
   */
  readonly stateAt?: (state: Item, version: number) => Draft | undefined;
  /**
   * Whether the data of a consumer at the same version matches the state. Default: true.
   * @param held the item that contains the consumer's cursor
   */
  readonly agrees?: (state: Item, consumer: string, held: Item) => boolean;
}
