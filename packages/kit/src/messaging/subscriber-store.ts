import type { Cursor } from './cursor.ts';
import type { Place } from './message.ts';
import type { TransactItem } from './outbox.ts';
import type { OutgoingMessage } from './outgoing.ts';

/**
 * What an event changes in a subscriber, committed together with the cursor.
 * @public
 */
export interface Effect {
  /** Attributes of the cursor's own item to set and to remove. */
  set?: Record<string, unknown>;
  remove?: readonly string[];
  /** Further writes of the same transaction. */
  writes?: readonly TransactItem[];
  /**
   * What is to be sent once this is committed, and depends on what was found: it is kept until the broker has confirmed
   * it. What follows from message and committed state alone is no part of the effect: it is derived.
   */
  send?: readonly OutgoingMessage[];
  /** Only of a message that is idempotent by the state it writes. */
  setOnce?: SetOnce;
}

/** Attributes of one item, each of which is set unless it is there. What several messages set is written at once. */
export interface SetOnce {
  tableName: string;
  key: Readonly<Record<string, string>>;
  attributes: Readonly<Record<string, unknown>>;
}

/** What a message changes that is idempotent by the state it writes. */
export type StateChange = Pick<Effect, 'writes' | 'setOnce'>;

/**
 * Why a message is set aside. The sweep applies a `gap` after its predecessor, and a `retry` when its time has come; of
 * one that is `unsent` it sends what follows; the others wait for a person: what is `held` by a rule, to be released.
 */
export type ParkedReason = 'gap' | 'retry' | 'unsent' | 'held' | 'failed' | 'below-baseline' | 'unreadable';

/** What one parked message is known by. One that names no aggregate is parked under its queue, with version 0. */
export interface ParkedKey extends Place {
  messageId: string;
}

/** A message that is set aside. It has no expiry. */
export interface ParkedMessage extends ParkedKey {
  /** Of the CloudEvent; missing: nobody could read it, or it never came. */
  type?: string;
  /** As it was received. */
  body: string;
  /** Who sent it, by its queue's word. */
  senderId?: string;
  reason: ParkedReason;
  /** How often its handler was tried, or its function died over it. */
  attempts: number;
  /** So many tries in a row began and never ended: the function died over them. */
  unanswered?: number;
  error?: string;
  /** Of one that is `unsent`, what is kept nowhere else. */
  unsent?: readonly OutgoingMessage[];
  parkedAt: string;
  triedAt?: string;
  nextTryAt?: string;
}

/** A version that a person decided to skip. It is kept, without expiry. */
export type DiscardedMessage = ParkedMessage & {
  discardedAt: string;
  discardedBecause: string;
  /** Whether the cursor was moved past its version. */
  skipped?: true;
};

/** The attributes of a cursor's item. */
export type State = Readonly<Record<string, unknown>>;

/** Keeps others off an aggregate while its handler calls an external service. */
export interface Lease {
  /** Unique to one run of one handler. */
  owner: string;
  from: Date;
  until: Date;
}

/**
 * `moved`: the cursor was not where the caller thought; `leased`: somebody else is at work on this aggregate. `outcomeUnknown`: of a
 * lease, whether an earlier one ended without a word of what came of its call. `committed`: the cursor's item as it is now,
 * of a commit that wrote nothing else.
 */
export type Claim =
  | { state: 'done'; outcomeUnknown?: true; committed?: State }
  | { state: 'moved'; cursor: Cursor | undefined }
  | { state: 'leased' };

/** A subscriber's own table, as far as the kit uses it. */
export interface SubscriberStore {
  /**
   * The effect and the new cursor, in one write that fails unless the cursor stands at `after` (0: at nothing), and its
   * subject has not left.
   */
  commit(aggregateId: string, after: number, next: Cursor, effect: Effect): Promise<Claim>;
  /** Reserves the aggregate's next version for one handler, without moving the cursor. */
  lease(aggregateId: string, after: number, lease: Lease): Promise<Claim>;
  /**
   * Gives a lease back, if it is still this one.
   * @param outcomeUnknown whether its call may have taken effect: the next lease is told
   */
  release(aggregateId: string, lease: Lease, outcomeUnknown: boolean): Promise<void>;
  cursor(aggregateId: string): Promise<Cursor | undefined>;
  /** Where the cursor stands, and its item. */
  state(aggregateId: string): Promise<{ cursor: Cursor | undefined; state: State }>;
  /** Whether a version was skipped by a person, or what follows from this message was given up by one. */
  isGivenUp(key: ParkedKey): Promise<boolean>;
  /**
   * Writes what a message changes that needs no cursor: one write alone, several in one transaction.
   * @returns false if a condition refused it: the state is not what the caller thought
   */
  change(change: StateChange): Promise<boolean>;
  /** What an effect had to send and is still kept. */
  unsent(place: Place): Promise<readonly OutgoingMessage[]>;
  /** Forgets what an effect had to send, but for what is `left`. */
  sent(place: Place, left: readonly OutgoingMessage[]): Promise<void>;
  /** @param only `new`: it is left as it is if it is parked already; `known`: only if it is parked, with the body that it had */
  park(message: ParkedMessage, only?: 'new' | 'known'): Promise<void>;
  unpark(message: ParkedMessage): Promise<void>;
  /** Notes that a try of a message begins that has come often. @returns how many before it began and never ended */
  begin(message: ParkedKey): Promise<number>;
  /** How many tries of a message began and never ended. */
  begun(message: ParkedKey): Promise<number>;
  /** A try has ended, whatever came of it. */
  end(message: ParkedKey): Promise<void>;
  /** What is parked of an aggregate, the lowest version first. */
  parkedOf(aggregateId: string): Promise<ParkedMessage[]>;
  /** One segment of everything parked, page by page; it may be a moment behind. */
  parked(segment: number, segments: number): AsyncIterable<ParkedMessage[]>;
  /**
   * Keeps the discarded message, takes it out of the parking place and, with `move`, moves the cursor past it, or forgets
   * what an `unsent` one had to send: in one write.
   * @param rival another message that claims the same version; `moved`: it is no longer parked
   */
  discard(message: DiscardedMessage, move?: { after: number; next: Cursor }, rival?: ParkedKey): Promise<Claim>;
  /**
   * Forgets what an aggregate's messages say that are discarded or still parked, whatever version they claim. That they
   * were set aside is kept, and so is what is `unsent`.
   * @param but the message that erases: what follows from it is still to be sent
   */
  eraseLeft(aggregateId: string, but: string): Promise<void>;
}
