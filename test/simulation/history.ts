/** The position of a message in its aggregate's order. An unordered message has its own ID as aggregate, and version 1. */
export interface Version {
  aggregateId: string;
  version: number;
}

/** A committed message on a channel. */
export interface Committed extends Version {
  channel: string;
  messageId: string;
  /** The correlation ID of the message. For the commands of a redemption, it is the ID of the operation. */
  operationId: string;
}

/** The observations that the checker compares with the guarantees, in the order in which they were made. */
export interface History {
  committed: Committed[];
  /** The version at which each former member was deactivated. */
  deactivations: Version[];
  /** Messages that the broker accepted, even if its confirmation was lost. */
  published: Array<Omit<Committed, 'operationId'>>;
  consumers: Map<string, ConsumerHistory>;
  /** Messages that the topic rejects until the injected failures are repaired. */
  refused: Version[];
  /** The number of SMS that the provider accepted, by idempotency key. */
  texts: Map<string, number>;
  /** Keys of SMS that two instances sent concurrently, or that one instance sent twice concurrently. */
  concurrentSms: string[];
  /** IDs of the commands that consumers send because of other messages. */
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
  /** Replies that overwrote an earlier reply. */
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
  /** Whether all messages about points have been processed, and none of them was discarded. */
  isSettled: boolean;
}

/** A redemption of points, as the API returns it. */
export interface Operation {
  id: string;
  memberId: string;
  state: 'pending' | 'succeeded' | 'failed' | 'expired';
  compensation?: 'not-needed' | 'pending' | 'done';
}

export interface Account {
  memberId: string;
  balance: number;
  /** The opening balance. */
  opening: number;
  /** The entries of the ledger, each with the ID of the message that caused it. */
  entries: Array<{ messageId: string; points: number; reason: string }>;
}

/** The observations of one consumer during the run. */
export interface ConsumerRecord {
  /** The `source` of the messages that the consumer sends. */
  source: string;
  /** Whether the consumer receives events. A deactivation then erases the consumer's data about the member. */
  isSubscriber: boolean;
  /** How the consumer recognizes duplicates. */
  mode: 'ordered' | 'unordered' | 'idempotent';
  /** Whether the consumer existed before the first message was published. */
  early: boolean;
  /** Messages that were or should have been delivered to the consumer's queue. */
  delivered: Version[];
  /**
   * The applied messages. `textsBefore` is the number of SMS that the provider had accepted for the message by then.
   */
  applied: Array<Version & { textsBefore: number }>;
  discarded: Version[];
  /** Versions whose unsent replies an operator discarded. */
  givenUp: Version[];
  /** Messages that the consumer applied although its capability was switched off, or although they were held. */
  forbidden: string[];
  /** Descriptions of messages whose handler got a state other than the state of the previous version. */
  wrongStates: string[];
  /** Aggregates for which a discard began and did not complete. */
  unfinished: Set<string>;
  /** The number of unreadable messages that were sent to the consumer's queue. */
  garbage: number;
}

export interface ConsumerHistory extends ConsumerRecord {
  /** Messages that the handler cannot apply, because it fails or because it lacks data. */
  broken: Version[];
  /** Whether the consumer's capability is off at the end. */
  isOff: boolean;
  /** The messages that are parked at the end. */
  parked: Array<Version & { reason: string }>;
  /** Parked or discarded messages whose content is stored at the end. */
  kept: Version[];
  /** Members whose name or phone is in the consumer's table at the end. */
  membersWithData: ReadonlySet<string>;
  /** Aggregates that the last sweep reported as waiting for an operator. */
  reported: ReadonlySet<string>;
}

export interface Violation {
  /**
   * - `G1` to `G6`: see the functions of the checker.
   * - `operation`: an operation ends once. It takes points at most once, and returns taken points if it does not succeed.
   * - `answer`: each applied registration has its reply.
   * - `erasure`: no data of former members is left.
   * - `holding`: held messages are applied only by a release, or by a redelivery after the hold; messages of switched-off
   *   capabilities are not applied.
   * - `rest`: the world comes to rest. Otherwise, the guarantees at rest cannot be checked.
   * - `later`: a scheduled message is sent when it is due or later, unless it is cancelled or replaced.
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
