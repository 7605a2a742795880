/** The position of a message in its aggregate's order; an unordered message is version 1 of itself. */
export interface Version {
  aggregateId: string;
  version: number;
}

/** A committed message on a channel. */
export interface Committed extends Version {
  channel: string;
  messageId: string;
  /** The operation of a command. */
  operationId: string;
}

/** The facts that the guarantees refer to: who did what to which version of which aggregate, in order. */
export interface History {
  committed: Committed[];
  /** The last versions of former members. */
  left: Version[];
  /** Accepted by the broker, confirmed or not. */
  published: Array<Omit<Committed, 'operationId'>>;
  consumers: Map<string, ConsumerHistory>;
  /** What the topic rejects until it is repaired. */
  refused: Version[];
  /** Idempotency keys of the SMS that the provider accepted, with counts. */
  texts: Map<string, number>;
  /** SMS that two instances sent concurrently, or one sent twice. */
  crowded: string[];
  /** Ids of the commands that follow from other messages. */
  followed: Set<string>;
  registrations: Array<{ phone: string; key: string; fingerprint: string; answer: string }>;
  /** Phones that were registered while another member held them. */
  phonesTakenTwice: string[];
  /** Operations that a client was promised. */
  promised: Array<{ operationId: string; memberId: string }>;
  /** Operations that ended twice, with different outcomes. */
  endedTwice: string[];
  /** Operations that succeeded after their deadline, by the clock of the writer. */
  endedLate: string[];
  /** Replies that overwrote an earlier one. */
  rewritten: string[];
  /** The content of the tables at the end. */
  stock: Stock;
}

export interface Stock {
  operations: Operation[];
  accounts: Account[];
  erasures: Array<{ memberId: string; services: string[]; confirmed: string[] }>;
  /** Replies of services to registrations. */
  answers: Array<{ memberId: string; source: string }>;
  /** Whether all messages about points have been processed. */
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
  /** The opening balance, and every entry of its ledger, by the message that made it. */
  opening: number;
  entries: Array<{ messageId: string; points: number; reason: string }>;
}

/** What was observed of a consumer during the run. */
export interface ConsumerRecord {
  /** `source` of its messages. */
  source: string;
  /** Whether it consumes events: departures erase its data. */
  isSubscriber: boolean;
  /** How it distinguishes messages from duplicates. */
  mode: 'ordered' | 'unordered' | 'idempotent';
  /** Whether it existed before the first message was published. */
  early: boolean;
  /** What was, or was to be, delivered to its queue. */
  delivered: Version[];
  /** With the number of SMS that its provider had accepted for this message. */
  applied: Array<Version & { textsBefore: number }>;
  discarded: Version[];
  /** Versions whose consequences an operator gave up. */
  givenUp: Version[];
  /** What it applied although its switch or an unreleased hold forbade it. */
  forbidden: string[];
  /** Versions whose handler was shown another state than that of the previous version. */
  misled: string[];
  /** Aggregates with a discard that began and did not complete. */
  unfinished: Set<string>;
  /** Number of unreadable bodies in its queue. */
  garbage: number;
}

export interface ConsumerHistory extends ConsumerRecord {
  /** Where a handler fails, permanently or until it is repaired, or lacks what it needs. */
  broken: Version[];
  /** Whether its capability is off at the end. */
  isOff: boolean;
  /** What is parked at the end. */
  parked: Array<Version & { reason: string }>;
  /** Parked or discarded messages whose content is left at the end. */
  kept: Version[];
  /** Members whose name or phone is left in its table. */
  knows: ReadonlySet<string>;
  /** Aggregates that the last sweep reported as waiting for a person. */
  told: ReadonlySet<string>;
}

export interface Violation {
  /**
   * `operation`: ends once, and takes points once or returns them; `answer`: each applied registration has its reply;
   * `erasure`: what is left of former members; `holding`: what is switched off or held is not applied; `rest`: it never
   * comes to rest, so nothing can be checked; `later`: scheduled messages; `process`: steps of processes.
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
