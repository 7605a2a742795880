import type { Cursor } from './cursor.ts';
import type { MessagePosition } from './message.ts';
import type { TransactItem } from './outbox.ts';
import type { OutgoingMessage } from './outgoing.ts';

/**
 * What an event changes in a subscriber, committed together with the cursor.
 * @public
 */
export interface Effect {
  /** Attributes to set on, and remove from, the cursor's own item. */
  set?: Record<string, unknown>;
  remove?: readonly string[];
  /** Further writes of the same transaction. */
  writes?: readonly TransactItem[];
  /**
   * Messages to send after the commit that depend on what was read: stored until the broker has confirmed them.
   * Messages that follow from message and committed state alone are not part of the effect, but derived.
   */
  send?: readonly OutgoingMessage[];
  /** Only for a message that is idempotent by the state it writes. */
  setOnce?: SetOnce;
}

/** Attributes of one item, each set unless it exists. Concurrent ones are combined into one write. */
export interface SetOnce {
  tableName: string;
  key: Readonly<Record<string, string>>;
  attributes: Readonly<Record<string, unknown>>;
}

/** The changes of a message that is idempotent by the state it writes. */
export type StateChange = Pick<Effect, 'writes' | 'setOnce'>;

/**
 * Why a message is parked. The sweep applies a `gap` after its predecessor and a `retry` when its time has come; for
 * `unsent` it sends what follows. The others wait for an operator: `held` ones, for a release.
 */
export type ParkedReason = 'gap' | 'retry' | 'unsent' | 'held' | 'failed' | 'below-baseline' | 'unreadable';

/** Identifies a parked message. A message without a readable aggregate is parked under its queue, with version 0. */
export interface ParkedKey extends MessagePosition {
  messageId: string;
}

/** A parked message: set aside, without expiry. */
export interface ParkedMessage extends ParkedKey {
  /** Type of the CloudEvent; undefined: it was unreadable, or never arrived. */
  type?: string;
  /** The body as it was received. */
  body: string;
  /** The sender, as its queue reported it. */
  senderId?: string;
  reason: ParkedReason;
  /** Number of times that its handler was tried, or the function crashed during it. */
  attempts: number;
  /** Number of consecutive attempts that began and never ended, because the function crashed. */
  unanswered?: number;
  error?: string;
  /** For an `unsent` message: messages that are stored nowhere else. */
  unsent?: readonly OutgoingMessage[];
  parkedAt: string;
  triedAt?: string;
  nextTryAt?: string;
}

/** A version that an operator decided to skip. Kept without expiry. */
export type DiscardedMessage = ParkedMessage & {
  discardedAt: string;
  discardedBecause: string;
  /** Whether the cursor was moved past its version. */
  skipped?: true;
};

/** The attributes of the item that carries a cursor. */
export type State = Readonly<Record<string, unknown>>;

/** Exclusive access to an aggregate while its handler calls an external service. */
export interface Lease {
  /** Unique per execution of a handler. */
  owner: string;
  from: Date;
  until: Date;
}

/**
 * `moved`: the cursor is not at the expected version; `leased`: another handler holds the lease. `outcomeUnknown`: for
 * a lease, whether an earlier one ended without a known outcome of its call. `committed`: for a commit without further
 * writes, the cursor's item after it.
 */
export type Claim =
  | { state: 'done'; outcomeUnknown?: true; committed?: State }
  | { state: 'moved'; cursor: Cursor | undefined }
  | { state: 'leased' };

/** The kit's operations on a subscriber's own table. */
export interface SubscriberStore {
  /**
   * Writes the effect and the new cursor in one conditional write: the cursor must be at `after` (0: no cursor yet),
   * and the subject not erased.
   */
  commit(aggregateId: string, after: number, next: Cursor, effect: Effect): Promise<Claim>;
  /** Reserves the aggregate's next version for one handler, without moving the cursor. */
  lease(aggregateId: string, after: number, lease: Lease): Promise<Claim>;
  /**
   * Releases a lease if it is still held.
   * @param outcomeUnknown whether its call may have taken effect; the next lease reports it
   */
  release(aggregateId: string, lease: Lease, outcomeUnknown: boolean): Promise<void>;
  cursor(aggregateId: string): Promise<Cursor | undefined>;
  /** The cursor and its item. */
  state(aggregateId: string): Promise<{ cursor: Cursor | undefined; state: State }>;
  /** Whether an operator skipped the version, or gave up the replies to this message. */
  isGivenUp(key: ParkedKey): Promise<boolean>;
  /**
   * Writes the changes of a message that needs no cursor: a single write, or several in one transaction.
   * @returns false if a condition failed: the state has changed since it was read
   */
  change(change: StateChange): Promise<boolean>;
  /** The messages of an effect that are still to be sent. */
  unsent(position: MessagePosition): Promise<readonly OutgoingMessage[]>;
  /** Removes an effect's stored messages, except those in `left`. */
  sent(position: MessagePosition, left: readonly OutgoingMessage[]): Promise<void>;
  /** @param only `new`: no change if it is parked already; `known`: only if it is parked with the same body */
  park(message: ParkedMessage, only?: 'new' | 'known'): Promise<void>;
  unpark(message: ParkedMessage): Promise<void>;
  /**
   * Records that an attempt at a message with many receives begins. @returns how many earlier attempts began and never
   * ended
   */
  begin(message: ParkedKey): Promise<number>;
  /** The number of attempts at a message that began and never ended. */
  begun(message: ParkedKey): Promise<number>;
  /** Records that an attempt has ended, with whatever outcome. */
  end(message: ParkedKey): Promise<void>;
  /** The parked messages of an aggregate, the lowest version first. */
  parkedOf(aggregateId: string): Promise<ParkedMessage[]>;
  /** One segment of all parked messages, page by page; eventually consistent. */
  parked(segment: number, segments: number): AsyncIterable<ParkedMessage[]>;
  /**
   * In one write: records the discarded message, unparks it, and either moves the cursor past it (`move`) or removes
   * the stored messages of an `unsent` one.
   * @param rival another message with the same version
   * @returns `moved`: it is no longer parked
   */
  discard(message: DiscardedMessage, move?: { after: number; next: Cursor }, rival?: ParkedKey): Promise<Claim>;
  /**
   * Deletes the content of an aggregate's discarded and parked messages, whatever versions they claim. The fact that
   * they were set aside stays, and so do `unsent` messages.
   * @param but id of the erasing message: what follows from it is still to be sent
   */
  eraseLeft(aggregateId: string, but: string): Promise<void>;
}
