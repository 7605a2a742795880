import { type DynamoDBDocumentClient, GetCommand } from '@aws-sdk/lib-dynamodb';
import type { Channel } from '../contracts/channel.ts';
import type { MessageContract } from '../contracts/contract.ts';
import type { ClaimCheck } from './claim-check.ts';
import { type AddressedDraft, type CommandContext, type Draft, outboxRowOf } from './draft.ts';
import { createLater, waitingPut } from './later/waiting.ts';
import type { OutboxRow, TransactItem } from './outbox.ts';
import { createOutboxWriter, type OutboxWriter, type Refused } from './outbox-writer.ts';

/** An aggregate's state: an item of its table. Each of its events raises the version by 1. */
export interface Versioned {
  version: number;
}

/** A state as a decision returns it: the publisher gives it its version. */
type Unversioned<State> = State extends unknown ? Omit<State, 'version'> : never;

/**
 * What a command makes of an aggregate.
 * @public
 */
export interface Decision<
  State extends Versioned,
  Event extends MessageContract = MessageContract,
  Beside extends string = never,
> {
  /** The whole state, which takes the place of the one before. */
  state: Unversioned<State>;
  /** What happened, in order: each has a version of its own. At least one is for now: the state changes with it. */
  events: readonly [Draft<Event>, ...Draft<Event>[]];
  /** To queues: commands, in order for each subject where the queue keeps it. */
  send?: readonly AddressedDraft[];
  /** Guards, marks, indexes, checks of the service, by names of its own: one that refuses is told by its name. */
  beside?: Readonly<Record<Beside, TransactItem>>;
}

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
   * Of messages for later: `LATER_TABLE` of the outbox. An event that erases its aggregate deletes those that wait about it, in
   * the same transaction. Default: it sends none.
   */
  laterTable?: string;
  /**
   * Keeps the data of large messages, by `createClaimCheck`. The outbox erases it once an event is published that erases its
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
  const { laterTable, claimCheck } = options;
  const places = { client, outboxTable, source, countersTable: table };
  const more = { ...(laterTable && { laterTable }), ...(claimCheck && { claimCheck }) };
  const writer = options.writer ?? createOutboxWriter({ ...places, ...more });

  const rowsOf = (id: string, before: number, events: readonly Draft[], context: CommandContext): OutboxRow[] =>
    events.map((event, index) => {
      const placing = { source, subject: id, aggregateId: id, version: before + 1 + index };
      const row = outboxRowOf(topic, event, placing, context);
      return claimCheck && event.contract.erases ? { ...row, erases: true } : row;
    });

  /** Events for later take their versions when they are due; whoever is erased leaves nothing that waits. */
  async function waitingOf(id: string, events: readonly Draft[], context: CommandContext): Promise<TransactItem[]> {
    const counter = { table, key: key(id), attribute: 'version' } as const;
    const placing = { source, subject: id, aggregateId: id, counter };
    const puts = events
      .filter(({ later }) => later)
      .map((event) => waitingPut(laterTable, topic, event, placing, context));
    const isErased = events.some(({ contract, later }) => contract.erases && !later);
    if (!isErased || !laterTable) return puts;
    return [...puts, ...(await createLater({ client, laterTable }).erasing(id))];
  }

  async function write<Beside extends string>(
    id: string,
    before: number,
    { state, events, send, beside }: Decision<State, Event, Beside>,
    context: CommandContext,
  ) {
    const now = events.filter(({ later }) => !later);
    if (now.length === 0)
      throw new Error(`${id} of ${topic.name}: a state changes with an event, and all are for later`);
    const next = { ...state, version: before + now.length } as unknown as State;
    const put = { TableName: table, Item: { ...key(id), ...next }, ...standsAt(before, key(id)) };
    const rows = rowsOf(id, before, now, context);
    const waiting = await waitingOf(id, events, context);
    const committed = await writer.commit(
      { put, rows, waiting, ...(send && { send }), ...(beside && { beside }) },
      context,
    );
    return { committed, next };
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
  };
}

function onlySenderOf({ name, senders }: Channel): string {
  const [source, ...others] = 'anyServiceOf' in senders ? [] : senders;
  if (source !== undefined && others.length === 0) return source;
  throw new Error(`${name} has not one sender only: say as which \`source\` this publisher sends`);
}

/** The condition that the aggregate is at a version; 0: that there is none. */
const standsAt = (version: number, key: Record<string, string>) =>
  version === 0
    ? {
        ConditionExpression: 'attribute_not_exists(#key)',
        ExpressionAttributeNames: { '#key': Object.keys(key)[0] ?? '' },
      }
    : {
        ConditionExpression: '#version = :before',
        ExpressionAttributeNames: { '#version': 'version' },
        ExpressionAttributeValues: { ':before': version },
      };
