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
   * Table of the process items, and of the counters of the commands to ordered queues. If a publisher starts the
   * process, use the table of this publisher. If an outbox writer starts the process, use the `countersTable` of this
   * writer. If the counters were in two tables, two commands to the same subject could get the same position.
   */
  table: string;
  outboxTable: string;
  /**
   * Schedules the deadlines: the result of `createLater`, with the outbox's LATER_TABLE. Required if the process has a
   * deadline.
   */
  later?: LaterMessages;
  /**
   * Stores the data of large commands: the result of `createClaimCheck`. Required if a channel of the process is
   * `large`.
   */
  claimCheck?: ClaimCheck;
  /** CloudEvents `source` of the commands: `/APPLICATION/SERVICE`. */
  source: string;
  /** Key of a process item. Default: `{ pk: 'process#NAME/ID' }`. */
  key?: (id: string) => Record<string, string>;
  /**
   * Further attributes of a process item, for an index. Each transition replaces the item, so attributes that other
   * code added to the item are lost.
   */
  attributes?: (data: Data) => Record<string, unknown>;
  /**
   * Whether the subject of a reply has been erased. If so, the reply deletes the process, or has no effect if the
   * process is already deleted. Default: no subject is ever erased.
   */
  isErased?: (subject: string) => Promise<boolean>;
  /**
   * Converts an item that an earlier release of the service stored under the same key to a process with
   * `version: 1`. The process is written when the item is first read. `condition` is the condition of this write, which
   * must fail if the item has changed in the meantime.
   */
  restore?: (item: Record<string, unknown>) => { process: ProcessState<Data>; condition: PutCondition };
  now?: () => Date;
  newId: () => string;
  /**
   * Further writes in the transaction in which the process first ends. They are not repeated if the process ends again
   * after a late reply. The function `cancel` does not add them, even if it ends the process.
   */
  on?: { completed?: Ended<Data>; failed?: Ended<Data> };
}

/** Maximum number of attempts. An attempt fails if the process is changed between read and write. */
const ATTEMPTS = 5;

export type TransitionWrites<Data> = ReturnType<typeof transitionWrites<Data>>;

/** Creates the functions that read processes, and that create and commit the writes of their transitions. */
export function transitionWrites<Data>(
  definition: ProcessDescriptor<Data>,
  { exchangeOf }: Pick<Steps, 'exchangeOf'>,
  options: ProcessOptions<Data>,
) {
  const { client, table, outboxTable, later, claimCheck, source, newId, attributes, restore, on = {} } = options;
  const { name, replies, deadline } = definition;
  const { key = (id) => ({ pk: `process#${name}/${id}` }), now = () => new Date() } = options;
  if (deadline && !later) throw new Error(`process ${name} has a deadline: pass \`later\` (createLater)`);
  const writerOptions = { client, outboxTable, source, countersTable: table };
  const writer = createOutboxWriter({ ...writerOptions, ...(later && { later }), ...(claimCheck && { claimCheck }) });

  function commandOf({ id, data }: ProcessState<Data>, awaited: Pick<Awaited, 'step' | 'action'>): AddressedDraft {
    const { send, by } = exchangeOf(awaited);
    const [channel, contract] = send;
    return draftTo(channel, contract, by(data), { replyTo: replies, correlationId: id });
  }

  /** The writes of a transition, including the messages that it sends. */
  function writesOf(before: ProcessState<Data> | undefined, transition: Transition<Data>, context: CommandContext) {
    const awaited = awaitedOf(transition.process);
    const command = transition.sends && awaited ? [commandOf(transition.process, awaited)] : [];
    const { process, send, beside } = withDeadline({ ...definition, later }, before, transition.process, context);
    const { version = 0 } = before ?? {};
    const next = { ...process, version: version + 1, changedAt: context.now.toISOString() };
    const put = versionedPut(table, key(next.id), itemOf(key(next.id), next, attributes?.(next.data)), version);
    return { next, put, send: [...command, ...send], beside };
  }

  const concurrentChange = (id: string) => new TransientError(`${name} ${id} is being changed concurrently: try again`);

  const contextOf = (id: string, { traceparent }: { traceparent?: string | undefined }): CommandContext => {
    const parent = currentTraceparent() ?? traceparent;
    return { now: now(), newId, correlationId: id, ...(parent !== undefined && { traceparent: parent }) };
  };

  async function read(id: string): Promise<ProcessState<Data> | undefined> {
    const { Item } = await client.send(new GetCommand({ TableName: table, Key: key(id), ConsistentRead: true }));
    return Item && readItem(id, Item);
  }

  async function readItem(id: string, Item: Record<string, unknown>): Promise<ProcessState<Data>> {
    if (!restore || 'progress' in Item) return stateOf<Data>(Item);
    const { process, condition } = restore(Item);
    const put = {
      TableName: table,
      Item: { ...key(id), ...itemOf(key(id), process, attributes?.(process.data)) },
      ...condition,
    };
    const { result } = await writer.commit({ put }, contextOf(id, {}));
    if (result === 'done') return process;
    throw concurrentChange(id);
  }

  /** All writes of a transition, including the writes of `on` if the process ends. */
  async function allWritesOf(before: ProcessState<Data>, transition: Transition<Data>, context: CommandContext) {
    const { next, put, send, beside } = writesOf(before, transition, context);
    const { state } = next.progress;
    const isFirstEnd = before.endedAt === undefined && (state === 'completed' || state === 'failed');
    const endWrites = isFirstEnd ? ((await on[state]?.(next, context)) ?? []) : [];
    const processWrites = [...Object.values(beside), ...(await writer.writes(send, context))];
    return { next, put, others: [...processWrites, ...(later ? later.once(endWrites, processWrites) : endWrites)] };
  }

  return {
    ...{ writer, commandOf, contextOf, writesOf, read, readItem },

    /** The writes of a transition, for the transaction of a handler. */
    async itemsOf(
      before: ProcessState<Data>,
      transition: Transition<Data>,
      context: CommandContext,
    ): Promise<TransactItem[]> {
      const { put, others } = await allWritesOf(before, transition, context);
      return [{ Put: put }, ...others];
    },

    /** The writes that delete a process and its deadline. */
    deletion: (id: string): TransactItem[] => [
      { Delete: { TableName: table, Key: key(id) } },
      ...(later && deadline ? [later.removing(deadlineKey(name, id))] : []),
    ],

    /**
     * Reads a process and commits a transition. Retries if the process is changed concurrently.
     * @returns the process after the transition, or as it was read if `decide` returns no transition; undefined if
     * there is no such process
     * @throws {TransientError} if every attempt fails because of concurrent changes
     */
    async move(id: string, decide: (before: ProcessState<Data>, now: Date) => Transition<Data> | undefined) {
      for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
        const before = await read(id);
        const context = contextOf(id, {});
        const transition = before && decide(before, context.now);
        if (!transition) return before;
        const { next, put, others } = await allWritesOf(before, transition, context);
        const beside = Object.fromEntries(others.map((item, index) => [`item ${index + 1}`, item]));
        const { result } = await writer.commit({ put, beside }, context);
        if (result === 'done') return next;
      }
      throw concurrentChange(id);
    },
  };
}
