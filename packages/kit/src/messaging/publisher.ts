import { type DynamoDBDocumentClient, GetCommand } from '@aws-sdk/lib-dynamodb';
import type { Channel } from '../contracts/channel.ts';
import type { ClaimCheck } from './claim-check.ts';
import { commitsOf, type Decision, type Versioned } from './decision.ts';
import type { CommandContext } from './draft.ts';
import { PermanentError } from './errors.ts';
import type { LaterMessages } from './later/waiting.ts';
import type { TransactItem } from './outbox.ts';
import { createOutboxWriter, type OutboxWriter, type Refused } from './outbox-writer.ts';

export interface PublisherOptions {
  client: DynamoDBDocumentClient;
  /** Table of the states. */
  table: string;
  /** Rows are identified by aggregate id, which must be unique among all aggregates that share an outbox. */
  outboxTable: string;
  /** Key of an aggregate's item. Default: `{ pk: id }`. */
  key?: (id: string) => Record<string, string>;
  /** CloudEvents `source`: `/APPLICATION/SERVICE`. Default: the only sender of the topic. */
  source?: string;
  /**
   * Sends its commands. Default: a writer with counters in `table`. Publishers of one service that send to the same
   * ordered queue must share one: a command that two writers count could be taken for a duplicate.
   */
  writer?: OutboxWriter;
  /**
   * From `createLater`, on the outbox's LATER_TABLE. An erasing event also deletes the scheduled messages about its
   * aggregate in the same transaction, unless the decision cancels or replaces them itself; it cannot be scheduled.
   * Default: the publisher schedules no messages.
   */
  later?: LaterMessages;
  /**
   * From `createClaimCheck`: stores the data of large messages. The outbox erases it once an erasing event of the
   * aggregate is published. Default: it sends none.
   */
  claimCheck?: ClaimCheck;
}

type Busy = { result: 'busy' };

export type Created<State, Beside extends string = never> =
  | { result: 'done'; state: State }
  /** An aggregate with the id exists. */
  | { result: 'taken'; state: State }
  | Refused<Beside>
  | Busy;

export type Changed<State, Beside extends string = never> =
  | { result: 'done'; state: State }
  /** The decision was to change nothing. */
  | { result: 'unchanged'; state: State }
  | { result: 'missing' }
  /** It is not at the version that was asked for. `state`: the current one. */
  | { result: 'overtaken'; state: State }
  | Refused<Beside>
  /** Concurrent changes won every attempt. */
  | Busy;

/** Concurrent changes of the aggregate between read and write. */
const ATTEMPTS = 5;

/**
 * Commits state, version and messages of an aggregate in one transaction; the relay publishes the messages. `create`
 * costs that transaction; `change`, one more read. Each subject of an ordered queue costs one more read, of its
 * counter.
 *
 * If the response to a transaction is lost, the SDK's next attempt fails on its own write. That counts as success if
 * the stored state equals the one to be written. Two writers of the same state at the same time are distinguished only
 * if the state contains when or by whom it was written.
 * @public
 */
export function createPublisher<State extends Versioned, Topic extends Channel = Channel>(
  topic: Topic,
  { client, table, outboxTable, key = (id) => ({ pk: id }), ...options }: PublisherOptions,
) {
  type Event = Topic['messages'][number];
  const source = options.source ?? onlySenderOf(topic);
  const { later, claimCheck } = options;
  const places = { client, outboxTable, source, countersTable: table };
  const more = { ...(later && { later }), ...(claimCheck && { claimCheck }) };
  const writer = options.writer ?? createOutboxWriter({ ...places, ...more });

  const commitOf = commitsOf<State, Topic>(topic, { source, table, key, later, claimCheck });

  async function write<Beside extends string>(
    id: string,
    before: number,
    decision: Decision<State, Event, Beside>,
    context: CommandContext,
  ) {
    const { commit, next } = await commitOf(id, before, decision, context);
    return { committed: await writer.commit(commit, context), next };
  }

  async function read(id: string): Promise<State | undefined> {
    const { Item } = await client.send(new GetCommand({ TableName: table, Key: key(id), ConsistentRead: true }));
    return Item as State | undefined;
  }

  return {
    /** The current item, including its key. */
    read,

    /** Creates an aggregate: its first event has version 1. */
    async create<Beside extends string = never>(
      id: string,
      decision: Decision<State, Event, Beside>,
      context: CommandContext,
    ): Promise<Created<State, Beside>> {
      const { committed, next } = await write(id, 0, decision, context);
      if (committed.result === 'done') return { result: 'done', state: next };
      if (committed.result === 'stale') return { result: 'taken', state: committed.item as unknown as State };
      return committed;
    },

    /**
     * Reads the aggregate, decides, and writes with an optimistic lock: if others have changed it in between, it
     * decides again.
     * @param decide returns undefined to change nothing; an error that it throws reaches the caller
     * @param ifVersion the version that the caller has seen: at another version, nothing is decided
     */
    async change<Beside extends string = never>(
      id: string,
      decide: (
        before: State,
      ) => Decision<State, Event, Beside> | undefined | Promise<Decision<State, Event, Beside> | undefined>,
      context: CommandContext,
      ifVersion?: number,
    ): Promise<Changed<State, Beside>> {
      for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
        const before = await read(id);
        if (!before) return { result: 'missing' };
        if (ifVersion !== undefined && before.version !== ifVersion) return { result: 'overtaken', state: before };
        const decision = await decide(before);
        if (!decision) return { result: 'unchanged', state: before };
        const { committed, next } = await write(id, before.version, decision, context);
        if (committed.result === 'done') return { result: 'done', state: next };
        if (committed.result !== 'stale') return committed;
      }
      return { result: 'busy' };
    },

    /**
     * Like `change`, for a transaction of the caller's, such as that of a process or of a handler: returns the writes,
     * or none. The transaction fails if others change the aggregate in between.
     * @throws {PermanentError} if the aggregate does not exist
     */
    async changing(
      id: string,
      decide: (before: State) => Decision<State, Event, string> | undefined,
      context: CommandContext,
    ): Promise<TransactItem[]> {
      const before = await read(id);
      if (!before) throw new PermanentError(`there is no ${id} of ${topic.name} to change`);
      const decision = decide(before);
      if (!decision) return [];
      const { commit } = await commitOf(id, before.version, decision, context);
      return writer.items(commit, context);
    },
  };
}

function onlySenderOf({ name, senders }: Channel): string {
  const [source, ...others] = 'anyServiceOf' in senders ? [] : senders;
  if (source !== undefined && others.length === 0) return source;
  throw new Error(`${name} has several senders: set the \`source\` that this publisher sends as`);
}
