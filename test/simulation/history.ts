/** What the guarantees speak of, and nothing else: who did what to which version of which aggregate, in this order. */
export interface History {
  committed: Array<{ aggregateId: string; version: number; messageId: string }>;
  /** The last version of members who left. */
  left: Array<{ aggregateId: string; version: number }>;
  /** Confirmed or not: the broker took it. */
  published: Array<{ aggregateId: string; version: number; messageId: string }>;
  subscribers: Map<string, SubscriberHistory>;
  /** What the topic refuses until it is repaired. */
  refused: Array<{ aggregateId: string; version: number }>;
  /** Idempotency keys of the texts that the provider accepted, and how often. */
  texts: Map<string, number>;
  /** Texts that two instances were at work on at once, or one sent twice. */
  crowded: string[];
  registrations: Array<{ phone: string; key: string; fingerprint: string; answer: string }>;
}

/** What was seen of a subscriber on the way. */
export interface SubscriberRecord {
  /** Whether it was there before the first message was published. */
  early: boolean;
  /** What the topic handed to its queue, or tried to. */
  delivered: Array<{ aggregateId: string; version: number }>;
  /** With how many texts its provider had accepted by then for this very message. */
  applied: Array<{ aggregateId: string; version: number; textsBefore: number }>;
  discarded: Array<{ aggregateId: string; version: number }>;
  /** Aggregates whose registration it answered. */
  replied: Set<string>;
  /** How many bodies that nobody can read were put into its queue. */
  garbage: number;
}

export interface SubscriberHistory extends SubscriberRecord {
  /** Where a handler fails, for good or until it is repaired. */
  broken: Array<{ aggregateId: string; version: number }>;
  /** What is parked at the end. */
  parked: Array<{ aggregateId: string; version: number; reason: string }>;
  /** What is left at the end of what messages said: of those that are parked, or were discarded. */
  kept: Array<{ aggregateId: string; version: number }>;
  /** Aggregates of which the last sweep said that they wait for a person. */
  told: ReadonlySet<string>;
}

export interface Violation {
  /** `erasure`: what it says of who left; `rest`: it never comes to rest, so that nothing can be said of it. */
  guarantee: 'G1' | 'G2' | 'G3' | 'G4' | 'G5' | 'G6' | 'erasure' | 'rest';
  what: string;
}
