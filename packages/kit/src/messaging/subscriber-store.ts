import type { Cursor } from './cursor.ts';
import type { MessagePosition } from './message.ts';
import type { TransactItem } from './outbox.ts';
import type { OutgoingMessage } from './outgoing.ts';

/**
 * The changes that a message makes in a subscriber, committed together with the cursor.
 * @public
 */
export interface Effect {
  /** Attributes to set on the item that contains the cursor. `remove`: attributes to remove from that item. */
  set?: Record<string, unknown>;
  remove?: readonly string[];
  /** Further writes of the same transaction. */
  writes?: readonly TransactItem[];
  /**
   * Messages to send after the commit, if they depend on data that the handler read. The subscriber stores them until
   * SNS or SQS has confirmed them. Messages that depend only on the applied message and the committed state need not be
   * stored: derive them with `follows`.
   */
  send?: readonly OutgoingMessage[];
  /** Attributes to set only if they do not exist. Only for a handler that is idempotent by state. */
  setOnce?: SetOnce;
}

/**
 * Attributes of one item. Each attribute is set only if it does not exist. Concurrent changes of an item are written
 * together.
 */
export interface SetOnce {
  tableName: string;
  key: Readonly<Record<string, string>>;
  attributes: Readonly<Record<string, unknown>>;
}

/** The changes of a handler that is idempotent by state. */
export type StateChange = Pick<Effect, 'writes' | 'setOnce'>;

/**
 * Why a message is parked. The sweep applies a `gap` message after its predecessor, and a `retry` message at its retry
 * time. For an `unsent` message, which was applied, the sweep sends the messages that follow from it. A `held` message
 * waits until an operator releases or discards it. Messages with any other reason need an operator.
 */
export type ParkedReason = 'gap' | 'retry' | 'unsent' | 'held' | 'failed' | 'below-baseline' | 'unreadable';

/**
 * Identifies a parked message. If the aggregate or the version of a message is unreadable, the aggregate id is the name
 * of the queue, and the version is 0.
 */
export interface ParkedKey extends MessagePosition {
  messageId: string;
}

/** A parked message. It does not expire. */
export interface ParkedMessage extends ParkedKey {
  /** Type of the CloudEvent; undefined if the message was unreadable, or if an operator discarded a missing version. */
  type?: string;
  /** The body as it was received; empty if it was erased, or if the message is `unsent`. */
  body: string;
  /** The sender, as its queue reported it. */
  senderId?: string;
  reason: ParkedReason;
  /** Number of attempts to apply the message, including attempts during which the function crashed. */
  attempts: number;
  /** Number of consecutive attempts that began and did not end, because the function crashed. */
  unanswered?: number;
  error?: string;
  /** For an `unsent` message: messages that follow from it and are stored nowhere else. */
  unsent?: readonly OutgoingMessage[];
  parkedAt: string;
  triedAt?: string;
  nextTryAt?: string;
}

/**
 * A message that an operator discarded, or that was dropped because its subject was erased. It does not expire.
 */
export type DiscardedMessage = ParkedMessage & {
  discardedAt: string;
  discardedBecause: string;
  /** Whether the cursor was moved past the version of the message. */
  skipped?: true;
};

/** The attributes of the item that contains a cursor. */
export type State = Readonly<Record<string, unknown>>;

/** Exclusive access to an aggregate while a handler calls an external service. */
export interface Lease {
  /** Unique per execution of a handler. */
  owner: string;
  from: Date;
  until: Date;
}

/**
 * The result of a commit or a lease. `moved` means that the cursor is not at the expected version, or that the subject
 * was erased. `leased` means that another handler holds the lease. For a lease, `outcomeUnknown` states whether the
 * outcome of the call under an earlier lease is unknown. For a commit without further writes, `committed` has the
 * attributes of the item that contains the cursor.
 */
export type Claim =
  | { state: 'done'; outcomeUnknown?: true; committed?: State }
  | { state: 'moved'; cursor: Cursor | undefined }
  | { state: 'leased' };

/** The kit's operations on a subscriber's own table. */
export interface SubscriberStore {
  /**
   * Writes the effect and the new cursor in one conditional write. The cursor must be at `after` (0: no cursor yet),
   * and the subject must not be erased.
   */
  commit(aggregateId: string, after: number, next: Cursor, effect: Effect): Promise<Claim>;
  /** Reserves the aggregate's next version for one handler, without moving the cursor. */
  lease(aggregateId: string, after: number, lease: Lease): Promise<Claim>;
  /**
   * Releases a lease if it is still held.
   * @param outcomeUnknown whether the outcome of the call under the lease is unknown. The next lease reports it
   */
  release(aggregateId: string, lease: Lease, outcomeUnknown: boolean): Promise<void>;
  cursor(aggregateId: string): Promise<Cursor | undefined>;
  /** The cursor, and the item that contains it. */
  state(aggregateId: string): Promise<{ cursor: Cursor | undefined; state: State }>;
  /** Whether the message was discarded or its version was skipped, so that no messages follow from it. */
  isGivenUp(key: ParkedKey): Promise<boolean>;
  /**
   * Writes the changes of a message that needs no cursor: first `setOnce`, if there is one, and then `writes`, as a
   * single write or as one transaction.
   * @returns false if a condition failed: the state has changed since it was read
   */
  change(change: StateChange): Promise<boolean>;
  /** The messages of an effect that are still to be sent. */
  unsent(position: MessagePosition): Promise<readonly OutgoingMessage[]>;
  /** Removes an effect's stored messages, except the messages in `left`. */
  sent(position: MessagePosition, left: readonly OutgoingMessage[]): Promise<void>;
  /**
   * @param only `new`: only if the message is not parked yet. `known`: only if the message is parked, and the new body
   * is empty or equals the parked body
   */
  park(message: ParkedMessage, only?: 'new' | 'known'): Promise<void>;
  unpark(message: ParkedMessage): Promise<void>;
  /**
   * Records that an attempt at a message with many receives begins.
   * @returns the number of earlier attempts that began and did not end
   */
  begin(message: ParkedKey): Promise<number>;
  /** The number of attempts at a message that began and did not end. */
  begun(message: ParkedKey): Promise<number>;
  /** Records that an attempt has ended, whatever its outcome. */
  end(message: ParkedKey): Promise<void>;
  /** The parked messages of an aggregate, the lowest version first. */
  parkedOf(aggregateId: string): Promise<ParkedMessage[]>;
  /** One segment of all parked messages, page by page; eventually consistent. */
  parked(segment: number, segments: number): AsyncIterable<ParkedMessage[]>;
  /**
   * In one transaction, records the discarded message and unparks it. With `move`, also moves the cursor past its
   * version. Without `move`, also removes the stored messages that follow from an `unsent` message.
   * @param rival another message with the same version, which must still be parked
   * @returns `moved` if the cursor is not at `move.after` or, without `move`, if the message or `rival` is no longer
   * parked
   */
  discard(message: DiscardedMessage, move?: { after: number; next: Cursor }, rival?: ParkedKey): Promise<Claim>;
  /**
   * Deletes the content of an aggregate's discarded and parked messages, regardless of their versions. The items
   * themselves and their `unsent` messages are kept.
   * @param but id of the erasing message, whose content is kept to send the messages that follow from it
   */
  eraseLeft(aggregateId: string, but: string): Promise<void>;
}
