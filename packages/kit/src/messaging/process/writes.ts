import { type DynamoDBDocumentClient, GetCommand } from '@aws-sdk/lib-dynamodb';
import type { ProcessDescriptor } from '../../contracts/process-descriptor.ts';
import { currentTraceparent } from '../../observability/spans.ts';
import type { ClaimCheck } from '../claim-check.ts';
import { type AddressedDraft, type CommandContext, draftTo } from '../draft.ts';
import { TransientError } from '../errors.ts';
import type { LaterMessages } from '../later/waiting.ts';
import type { TransactItem } from '../outbox.ts';
import { createOutboxWriter } from '../outbox-writer.ts';
import { versionedPut } from '../versioned-put.ts';
import { deadlineKey, withDeadline } from './deadline.ts';
import type { Transition } from './moves.ts';
import { type Awaited, awaitedOf, itemOf, type ProcessState, stateOf } from './state.ts';
import type { Steps } from './steps.ts';

type PutCondition = Pick<NonNullable<TransactItem['Put']>, 'ConditionExpression' | 'ExpressionAttributeValues'>;
type Ended<Data> = (process: ProcessState<Data>, context: CommandContext) => Promise<readonly TransactItem[]>;

export interface ProcessOptions<Data> {
  client: DynamoDBDocumentClient;
  /**
   * Table of the process items, and of the counters of its commands to ordered queues. Use the table of the publisher
   * that starts it (the `countersTable` of an outbox writer): with counters in two tables, two commands to a subject
   * would get the same position.
   */
  table: string;
  outboxTable: string;
  /** From `createLater`, on the outbox's LATER_TABLE: schedules its deadlines. Default: it has none. */
  later?: LaterMessages;
  /** From `createClaimCheck`: stores the data of large commands. Default: it sends none. */
  claimCheck?: ClaimCheck;
  /** CloudEvents `source` of its commands: `/APPLICATION/SERVICE`. */
  source: string;
  /** Key of its item. Default: `{ pk: 'process#NAME/ID' }`. */
  key?: (id: string) => Record<string, string>;
  /** Further attributes of its item, for an index. Any other attribute is lost at the next transition. */
  attributes?: (data: Data) => Record<string, unknown>;
  /**
   * Whether the subject of a reply has been erased. If so, the reply deletes the process, and has no effect if it is
   * gone already. Default: never.
   */
  isErased?: (subject: string) => Promise<boolean>;
  /**
   * Converts an item that an earlier version of the service left under its key to a process of version 1. It is written
   * when it is first read, if the condition confirms that the item has not changed since.
   */
  restore?: (item: Record<string, unknown>) => { process: ProcessState<Data>; condition: PutCondition };
  now?: () => Date;
  newId: () => string;
  /** Further writes in the transaction in which it ends; once, even if it is compensated again later. */
  on?: { completed?: Ended<Data>; failed?: Ended<Data> };
}

/** Concurrent changes between read and write. */
const ATTEMPTS = 5;

export type TransitionWrites<Data> = ReturnType<typeof transitionWrites<Data>>;

/** The table of a process, and the writes of its transitions. */
export function transitionWrites<Data>(
  definition: ProcessDescriptor<Data>,
  { exchangeOf }: Pick<Steps, 'exchangeOf'>,
  options: ProcessOptions<Data>,
) {
  const { client, table, outboxTable, later, claimCheck, source, newId, attributes, restore, on = {} } = options;
  const { name, replies, deadline } = definition;
  const { key = (id) => ({ pk: `process#${name}/${id}` }), now = () => new Date() } = options;
  if (deadline && !later) throw new Error(`process ${name} has a deadline: pass \`later\` (createLater)`);
  const places = { client, outboxTable, source, countersTable: table };
  const writer = createOutboxWriter({ ...places, ...(later && { later }), ...(claimCheck && { claimCheck }) });

  function commandOf({ id, data }: ProcessState<Data>, awaited: Pick<Awaited, 'step' | 'action'>): AddressedDraft {
    const { send, by } = exchangeOf(awaited);
    const [channel, contract] = send;
    return draftTo(channel, contract, by(data), { replyTo: replies, correlationId: id });
  }

  /** The writes of a transition, including the messages that it sends. */
  function writesOf(before: ProcessState<Data> | undefined, moved: Transition<Data>, context: CommandContext) {
    const awaited = awaitedOf(moved.process);
    const command = moved.sends && awaited ? [commandOf(moved.process, awaited)] : [];
    const { process, send, beside } = withDeadline({ ...definition, later }, before, moved.process, context);
    const { version = 0 } = before ?? {};
    const next = { ...process, version: version + 1, changedAt: context.now.toISOString() };
    const put = versionedPut(table, key(next.id), itemOf(key(next.id), next, attributes?.(next.data)), version);
    return { next, put, send: [...command, ...send], beside };
  }

  const changing = (id: string) => new TransientError(`${name} ${id} is being changed by others: try again`);

  const contextOf = (id: string, { traceparent }: { traceparent?: string | undefined }): CommandContext => {
    const parent = currentTraceparent() ?? traceparent;
    return { now: now(), newId, correlationId: id, ...(parent !== undefined && { traceparent: parent }) };
  };

  async function read(id: string): Promise<ProcessState<Data> | undefined> {
    const { Item } = await client.send(new GetCommand({ TableName: table, Key: key(id), ConsistentRead: true }));
    return Item && restored(id, Item);
  }

  async function restored(id: string, Item: Record<string, unknown>): Promise<ProcessState<Data>> {
    if (!restore || 'progress' in Item) return stateOf<Data>(Item);
    const { process, condition } = restore(Item);
    const put = {
      TableName: table,
      Item: { ...key(id), ...itemOf(key(id), process, attributes?.(process.data)) },
      ...condition,
    };
    const { result } = await writer.commit({ put }, contextOf(id, {}));
    if (result === 'done') return process;
    throw changing(id);
  }

  /** The writes of a transition besides the put, and those of its end. */
  async function committing(before: ProcessState<Data>, moved: Transition<Data>, context: CommandContext) {
    const { next, put, send, beside } = writesOf(before, moved, context);
    const { state } = next.progress;
    const isFirstEnd = before.endedAt === undefined && (state === 'completed' || state === 'failed');
    const more = isFirstEnd ? ((await on[state]?.(next, context)) ?? []) : [];
    const own = [...Object.values(beside), ...(await writer.writes(send, context))];
    return { next, put, others: [...own, ...(later ? later.once(more, own) : more)] };
  }

  return {
    ...{ writer, commandOf, contextOf, writesOf, read, restored },

    /** The writes of a transition, for the transaction of a handler. */
    async itemsOf(
      before: ProcessState<Data>,
      moved: Transition<Data>,
      context: CommandContext,
    ): Promise<TransactItem[]> {
      const { put, others } = await committing(before, moved, context);
      return [{ Put: put }, ...others];
    },

    /** Deletes it, with its deadline. */
    deletion: (id: string): TransactItem[] => [
      { Delete: { TableName: table, Key: key(id) } },
      ...(later && deadline ? [later.removing(deadlineKey(name, id))] : []),
    ],

    /**
     * Reads the process and commits a transition; retries if it is changed concurrently.
     * @returns the current process; undefined: there is none
     * @throws {TransientError} if concurrent changes win every attempt
     */
    async move(id: string, decide: (before: ProcessState<Data>, now: Date) => Transition<Data> | undefined) {
      for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
        const before = await read(id);
        const context = contextOf(id, {});
        const moved = before && decide(before, context.now);
        if (!moved) return before;
        const { next, put, others } = await committing(before, moved, context);
        const beside = Object.fromEntries(others.map((item, index) => [`item ${index + 1}`, item]));
        const { result } = await writer.commit({ put, beside }, context);
        if (result === 'done') return next;
      }
      throw changing(id);
    },
  };
}
