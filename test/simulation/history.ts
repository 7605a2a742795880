/** The position of a message in its aggregate's order. An unordered message has its own ID as aggregate, and version 1. */
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

/** The observations that the guarantees refer to, in order. */
export interface History {
  committed: Committed[];
  /** The last versions of former members. */
  deactivations: Version[];
  /** Messages that the broker accepted, whether it confirmed them or not. */
  published: Array<Omit<Committed, 'operationId'>>;
  consumers: Map<string, ConsumerHistory>;
  /** Messages that the topic rejects until it is repaired. */
  refused: Version[];
  /** Idempotency keys of the SMS that the provider accepted, with counts. */
  texts: Map<string, number>;
  /** Keys of SMS that instances sent concurrently, or that one instance sent twice. */
  concurrentSms: string[];
  /** Ids of the commands that follow from other messages. */
  followed: Set<string>;
  registrations: Array<{ phone: string; key: string; fingerprint: string; answer: string }>;
  /** Phones that were registered while another member held them. */
  phonesTakenTwice: string[];
  /** Operations that the API returned to a client. */
  returnedOperations: Array<{ operationId: string; memberId: string }>;
  /** Operations that ended twice, with different outcomes. */
  endedTwice: string[];
  /** Operations that succeeded after their deadline, by the clock of the writer. */
  endedLate: string[];
  /** Replies that overwrote an earlier one. */
  overwrittenReplies: string[];
  /** The content of the tables at the end. */
  finalTables: FinalTables;
}

export interface FinalTables {
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
  /** The opening balance. The entries of the ledger, with the ID of the message that caused them, are in `entries`. */
  opening: number;
  entries: Array<{ messageId: string; points: number; reason: string }>;
}

/** The observations of a consumer during the run. */
export interface ConsumerRecord {
  /** `source` of its messages. */
  source: string;
  /** Whether it consumes events. Deactivations then erase its data. */
  isSubscriber: boolean;
  /** How it recognizes duplicates. */
  mode: 'ordered' | 'unordered' | 'idempotent';
  /** Whether it existed before the first message was published. */
  early: boolean;
  /** Messages that were delivered to its queue, or that should have been. */
  delivered: Version[];
  /** The applied messages, with the number of SMS that the provider had accepted for the message. */
  applied: Array<Version & { textsBefore: number }>;
  discarded: Version[];
  /** Versions whose unsent replies an operator discarded. */
  givenUp: Version[];
  /** Messages that it applied although its switch or an unreleased hold forbade it. */
  forbidden: string[];
  /** Versions whose handler got a state other than that of the previous version. */
  wrongStates: string[];
  /** Aggregates with a discard that began and did not complete. */
  unfinished: Set<string>;
  /** Number of unreadable bodies in its queue. */
  garbage: number;
}

export interface ConsumerHistory extends ConsumerRecord {
  /** Messages for which the handler fails, until the repair or permanently, or for which it lacks data. */
  broken: Version[];
  /** Whether its capability is off at the end. */
  isOff: boolean;
  /** The messages that are parked at the end. */
  parked: Array<Version & { reason: string }>;
  /** Parked or discarded messages whose content is left at the end. */
  kept: Version[];
  /** Members whose name or phone is left in its table. */
  membersWithData: ReadonlySet<string>;
  /** Aggregates that the last sweep reported as waiting for an operator. */
  reported: ReadonlySet<string>;
}

export interface Violation {
  /**
   * - `operation`: an operation ends once, and takes points once or returns them.
   * - `answer`: each applied registration has its reply.
   * - `erasure`: no data of former members is left.
   * - `holding`: held messages, and messages of switched-off capabilities, are not applied.
   * - `rest`: the world becomes idle. If it does not, nothing can be checked.
   * - `later`: scheduled messages are sent when they are due, or never.
   * - `process`: each step of a process is executed once, or compensated.
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
