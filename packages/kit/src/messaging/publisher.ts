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
  /**
   * The outbox table. Aggregate ids must be unique among all aggregates that share an outbox, because the ids identify
   * the rows of the outbox.
   */
  outboxTable: string;
  /** Key of an aggregate's item. Default: `{ pk: id }`. */
  key?: (id: string) => Record<string, string>;
  /** CloudEvents `source`: `/APPLICATION/SERVICE`. Default: the only sender of the topic. */
  source?: string;
  /**
   * Sends the commands. Default: a writer with counters in `table`. Publishers of one service that send to the same
   * ordered queue must share one writer. Otherwise, two commands could get the same position, and receivers would treat
   * the second one as a duplicate.
   */
  writer?: OutboxWriter;
  /**
   * Schedules messages: the result of `createLater`, with the outbox's LATER_TABLE. An erasing event cannot be
   * scheduled. The transaction of an erasing event also deletes the scheduled messages about its aggregate, except the
   * messages that the decision itself cancels or replaces. Default: the publisher schedules no messages.
   */
  later?: LaterMessages;
  /**
   * Stores the data of large messages: the result of `createClaimCheck`. The relay erases the data once an erasing
   * event of the aggregate is published. Default: the publisher sends no large messages.
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
  /** The aggregate is not at the requested version. `state`: its current state. */
  | { result: 'overtaken'; state: State }
  | Refused<Beside>
  /** Every attempt failed because of concurrent changes. */
  | Busy;

/** Maximum number of attempts. An attempt fails if the aggregate is changed between read and write. */
const ATTEMPTS = 5;

/**
 * Creates a publisher, which commits the state, the version and the messages of an aggregate in one transaction. The
 * relay publishes the messages. `create` costs one transaction. `change` costs one transaction and one read. If the
 * messages include commands to an ordered queue, each subject of these commands costs another read, of the subject's
 * counter.
 *
 * If the response to a transaction is lost, the SDK sends the transaction again with the same `ClientRequestToken`, and
 * DynamoDB returns success. An emulator may ignore the token, so that the second attempt fails. The result is still
 * success if the stored event equals the event to be written. Once the event is published, the outbox no longer stores
 * it, and the states are compared instead. Therefore, if two callers write the same state at the same time, both may
 * succeed. To distinguish them, include the time or the author of the change in the state.
 * @throws {Error} if `source` is missing, and the topic does not have exactly one sender
 * @public
 */
export function createPublisher<State extends Versioned, Topic extends Channel = Channel>(
  topic: Topic,
  { client, table, outboxTable, key = (id) => ({ pk: id }), ...options }: PublisherOptions,
) {
  type Event = Topic['messages'][number];
  const source = options.source ?? onlySenderOf(topic);
  const { later, claimCheck } = options;
  const writerOptions = { client, outboxTable, source, countersTable: table };
  const features = { ...(later && { later }), ...(claimCheck && { claimCheck }) };
  const writer = options.writer ?? createOutboxWriter({ ...writerOptions, ...features });

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
    /** Reads the current item of an aggregate, including its key; undefined if there is no such aggregate. */
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
     * Reads the aggregate, calls `decide`, and writes with an optimistic lock. If another writer has changed the
     * aggregate in the meantime, starts again.
     * @param decide returns undefined to change nothing. Errors that it throws are passed to the caller
     * @param ifVersion the version that the caller has seen. If the aggregate has another version, `decide` is not
     * called
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
     * Like `change`, but returns the writes for the caller's transaction, such as the transaction of a process or a
     * handler. Returns no writes if `decide` changes nothing. The transaction fails if another writer changes the
     * aggregate in the meantime.
     * @throws {PermanentError} if the aggregate does not exist
     */
    async changing(
      id: string,
      decide: (before: State) => Decision<State, Event, string> | undefined,
      context: CommandContext,
    ): Promise<TransactItem[]> {
      const before = await read(id);
      if (!before) throw new PermanentError(`there is no aggregate ${id} of ${topic.name} to change`);
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
  throw new Error(`${name} has several senders: set \`source\` to the service of this publisher`);
}
