/** Where a message stands in the order of its aggregate; what keeps no order is version 1 of itself. */
export interface Version {
  aggregateId: string;
  version: number;
}

/** A message that was committed to be sent on a channel. */
export interface Committed extends Version {
  channel: string;
  messageId: string;
  /** Of a command, the operation that it belongs to. */
  operationId: string;
}

/** What the guarantees speak of, and nothing else: who did what to which version of which aggregate, in this order. */
export interface History {
  committed: Committed[];
  /** The last version of members who left. */
  left: Version[];
  /** Confirmed or not: the broker took it. */
  published: Array<Omit<Committed, 'operationId'>>;
  consumers: Map<string, ConsumerHistory>;
  /** What the topic refuses until it is repaired. */
  refused: Version[];
  /** Idempotency keys of the texts that the provider accepted, and how often. */
  texts: Map<string, number>;
  /** Texts that two instances were at work on at once, or one sent twice. */
  crowded: string[];
  /** Ids of the commands that follow from other messages. */
  followed: Set<string>;
  registrations: Array<{ phone: string; key: string; fingerprint: string; answer: string }>;
  /** Phones that were registered while another member held them. */
  phonesTakenTwice: string[];
  /** Operations that a client was told of. */
  promised: Array<{ operationId: string; memberId: string }>;
  /** Operations that ended, and then ended otherwise. */
  endedTwice: string[];
  /** Operations that succeeded when their time had passed, by the clock of who says so. */
  endedLate: string[];
  /** What answers changed that an earlier one, or another copy, had written. */
  rewritten: string[];
  /** What the tables say at the end. */
  stock: Stock;
}

export interface Stock {
  operations: Operation[];
  accounts: Account[];
  erasures: Array<{ memberId: string; services: string[]; confirmed: string[] }>;
  /** Which services answered a registration. */
  answers: Array<{ memberId: string; source: string }>;
  /** Whether everything that concerns points has reached its place. */
  isSettled: boolean;
}

export interface Operation {
  id: string;
  memberId: string;
  state: 'pending' | 'succeeded' | 'failed' | 'expired';
  compensation?: 'not-needed' | 'pending' | 'done';
}

export interface Account {
  memberId: string;
  balance: number;
  /** What it opened with, and every entry of its ledger, by the message that made it. */
  opening: number;
  entries: Array<{ messageId: string; points: number; reason: string }>;
}

/** What was seen of a consumer on the way. */
export interface ConsumerRecord {
  /** Of its messages. */
  source: string;
  /** Of events: members who leave are erased by it. */
  isSubscriber: boolean;
  /** How it tells messages from their copies. */
  mode: 'ordered' | 'unordered' | 'idempotent';
  /** Whether it was there before the first message was published. */
  early: boolean;
  /** What its queue was given, or was to be given. */
  delivered: Version[];
  /** With how many texts its provider had accepted by then for this very message. */
  applied: Array<Version & { textsBefore: number }>;
  discarded: Version[];
  /** Versions of which a person gave up what follows. */
  givenUp: Version[];
  /** What it did that its switch, or a person who had not yet released it, forbade. */
  forbidden: string[];
  /** Versions whose handler was shown the state of another than the one before. */
  misled: string[];
  /** Aggregates of which a discard began and never ended well. */
  unfinished: Set<string>;
  /** How many bodies that nobody can read were put into its queue. */
  garbage: number;
}

export interface ConsumerHistory extends ConsumerRecord {
  /** Where a handler fails, for good or until it is repaired, or needs what is not there. */
  broken: Version[];
  /** Whether its capability is switched off at the end. */
  isOff: boolean;
  /** What is parked at the end. */
  parked: Array<Version & { reason: string }>;
  /** What is left at the end of what messages said: of those that are parked, or were discarded. */
  kept: Version[];
  /** Members of whom a name or a phone is left in its table. */
  knows: ReadonlySet<string>;
  /** Aggregates of which the last sweep said that they wait for a person. */
  told: ReadonlySet<string>;
}

export interface Violation {
  /**
   * `operation`: it ends once, and takes points once or gives them back; `answer`: each registration is answered by whoever
   * applied it; `erasure`: what it says of who left; `holding`: what is switched off or held is not applied; `rest`: it never
   * comes to rest, so that nothing can be said of it; `later`: what waits for its time; `process`: steps of processes.
   */
  guarantee:
    | 'G1'
    | 'G2'
    | 'G3'
    | 'G4'
    | 'G5'
    | 'G6'
    | 'operation'
    | 'answer'
    | 'erasure'
    | 'holding'
    | 'rest'
    | 'later'
    | 'process';
  what: string;
}
