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
  /** Of the states. */
  table: string;
  /** Its rows are known by the ids of aggregates: no two aggregates of an outbox have the same. */
  outboxTable: string;
  /** The key of an aggregate's item. Default: `{ pk: id }`. */
  key?: (id: string) => Record<string, string>;
  /** CloudEvents `source`: `/APPLICATION/SERVICE`. Default: the one sender of the topic. */
  source?: string;
  /**
   * What sends its commands. Default: one that counts them in `table`. Publishers of one service that send to the same
   * ordered queue share one: a command that another has counted, too, would be taken for its repetition.
   */
  writer?: OutboxWriter;
  /**
   * Of `createLater`, on LATER_TABLE of the outbox. An event that erases its aggregate deletes those that wait about it, in
   * the same transaction, unless its decision cancels or replaces them itself; it cannot be for later. Default: it sends none.
   */
  later?: LaterMessages;
  /**
   * Of `createClaimCheck`: keeps the data of large messages. The outbox erases it once an event is published that erases its
   * aggregate. Default: it sends none.
   */
  claimCheck?: ClaimCheck;
}

type Busy = { result: 'busy' };

export type Created<State, Beside extends string = never> =
  | { result: 'done'; state: State }
  /** There is one of that id. */
  | { result: 'taken'; state: State }
  | Refused<Beside>
  | Busy;

export type Changed<State, Beside extends string = never> =
  | { result: 'done'; state: State }
  /** The decision was to change nothing. */
  | { result: 'unchanged'; state: State }
  | { result: 'missing' }
  /** It is not at the version that was asked for. `state`: as it is by now. */
  | { result: 'overtaken'; state: State }
  | Refused<Beside>
  /** Others were faster each time. */
  | Busy;

/** Others changed the aggregate between read and write. */
const ATTEMPTS = 5;

/**
 * Commits state, version and messages of an aggregate in one transaction; the relay publishes them. A `create` costs that
 * transaction, a `change` a read more, and each subject of a queue that keeps order another, of its count.
 *
 * If the answer of a transaction is lost, the SDK tries again and is refused by its own write: that is done, as the state which
 * stands there is the one to be written. Two who write the same state at once are told apart only if it says when or
 * by whom.
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
    /** The item as it stands now, its key included. */
    read,

    /** Begins an aggregate: its first event has version 1. */
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
     * Reads the aggregate, decides, and writes unless others have changed it meanwhile: then it decides again.
     * @param decide throws what the caller is to be told, or returns nothing if there is nothing to do
     * @param ifVersion the version that the caller has seen: at another, nothing is decided
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
     * As `change`, for a transaction of somebody else's, such as that of a process or of a handler: what it writes, or nothing. The items
     * refuse the transaction if others change the aggregate meanwhile.
     * @throws {PermanentError} if there is none
     */
    async changing(
      id: string,
      decide: (before: State) => Decision<State, Event, string> | undefined,
      context: CommandContext,
    ): Promise<TransactItem[]> {
      const before = await read(id);
      if (!before) throw new PermanentError(`there is no ${id} of ${topic.name} that could change`);
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
  throw new Error(`${name} has not one sender only: say as which \`source\` this publisher sends`);
}
