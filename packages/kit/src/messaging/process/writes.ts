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
import { placed, waitingOf } from './deadline.ts';
import type { Moved } from './moves.ts';
import { type Awaited, awaitedOf, itemOf, type ProcessState, stateOf } from './state.ts';
import type { Steps } from './steps.ts';

type PutCondition = Pick<NonNullable<TransactItem['Put']>, 'ConditionExpression' | 'ExpressionAttributeValues'>;
type Ended<Data> = (process: ProcessState<Data>, context: CommandContext) => Promise<readonly TransactItem[]>;

export interface ProcessOptions<Data> {
  client: DynamoDBDocumentClient;
  /**
   * Of its items, and of the counts of its commands to ordered queues. It is the table of the publisher that starts it (the
   * `countersTable` of an outbox writer): counted in two tables, two commands to a subject would get one place.
   */
  table: string;
  outboxTable: string;
  /** Of `createLater`, on LATER_TABLE of the outbox: its deadlines wait there. Default: it has none. */
  later?: LaterMessages;
  /** Of `createClaimCheck`: keeps the data of large commands. Default: it sends none. */
  claimCheck?: ClaimCheck;
  /** CloudEvents `source` of its commands: `/APPLICATION/SERVICE`. */
  source: string;
  /** Of its item. Default: `{ pk: 'process#NAME/ID' }`. */
  key?: (id: string) => Record<string, string>;
  /** What its item has beside its state, for an index. Whatever else is put into the item goes at the next transition. */
  attributes?: (data: Data) => Record<string, unknown>;
  /**
   * Whether whom a reply is about has been erased: then the reply deletes the process, and changes nothing if that is
   * gone. Default: nobody is.
   */
  isErased?: (subject: string) => Promise<boolean>;
  /**
   * What an item that an earlier version of the service has left under its key is as a process, of version 1; it is put there
   * when it is first read, if the condition holds that it is still what was read.
   */
  restore?: (item: Record<string, unknown>) => { process: ProcessState<Data>; condition: PutCondition };
  now?: () => Date;
  newId: () => string;
  /** What else is written, in the transaction in which it ends; once, also of one that is compensated again. */
  on?: { completed?: Ended<Data>; failed?: Ended<Data> };
}

/** Others changed it between read and write. */
const ATTEMPTS = 5;

export type TransitionWrites<Data> = ReturnType<typeof transitionWrites<Data>>;

/** Where a process stands, and what commits its transitions. */
export function transitionWrites<Data>(
  definition: ProcessDescriptor<Data>,
  { exchangeOf }: Pick<Steps, 'exchangeOf'>,
  options: ProcessOptions<Data>,
) {
  const { client, table, outboxTable, later, claimCheck, source, newId, attributes, restore, on = {} } = options;
  const { name, replies, deadline } = definition;
  const { key = (id) => ({ pk: `process#${name}/${id}` }), now = () => new Date() } = options;
  if (deadline && !later) throw new Error(`process ${name} has a deadline: give it \`later\`, of createLater`);
  const places = { client, outboxTable, source, countersTable: table };
  const writer = createOutboxWriter({ ...places, ...(later && { later }), ...(claimCheck && { claimCheck }) });

  function commandOf({ id, data }: ProcessState<Data>, awaited: Pick<Awaited, 'step' | 'action'>): AddressedDraft {
    const { send, by } = exchangeOf(awaited);
    const [channel, contract] = send;
    return draftTo(channel, contract, by(data), { replyTo: replies, correlationId: id });
  }

  /** What commits a transition, with what it sends. */
  function writesOf(before: ProcessState<Data> | undefined, moved: Moved<Data>, context: CommandContext) {
    const awaited = awaitedOf(moved.process);
    const command = moved.sends && awaited ? [commandOf(moved.process, awaited)] : [];
    const { process, send, beside } = placed({ ...definition, later }, before, moved.process, context);
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

  /** What commits a transition, beside the put; and what its end brings with it. */
  async function committing(before: ProcessState<Data>, moved: Moved<Data>, context: CommandContext) {
    const { next, put, send, beside } = writesOf(before, moved, context);
    const { state } = next.progress;
    const isFirstEnd = before.endedAt === undefined && (state === 'completed' || state === 'failed');
    const more = isFirstEnd ? ((await on[state]?.(next, context)) ?? []) : [];
    const own = [...Object.values(beside), ...(await writer.writes(send, context))];
    return { next, put, others: [...own, ...(later ? later.once(more, own) : more)] };
  }

  return {
    ...{ writer, commandOf, contextOf, writesOf, read, restored },

    /** What commits a transition, for the transaction of a handler. */
    async itemsOf(before: ProcessState<Data>, moved: Moved<Data>, context: CommandContext): Promise<TransactItem[]> {
      const { put, others } = await committing(before, moved, context);
      return [{ Put: put }, ...others];
    },

    /** Deletes it, with the deadline that it may have set. */
    deletion: (id: string): TransactItem[] => [
      { Delete: { TableName: table, Key: key(id) } },
      ...(later && deadline ? [later.removing(waitingOf(name, id))] : []),
    ],

    /**
     * Reads it, and commits what follows; again, if others have changed it meanwhile.
     * @returns as it is by now; undefined: there is none
     * @throws {TransientError} if others were faster each time
     */
    async move(id: string, decide: (before: ProcessState<Data>, now: Date) => Moved<Data> | undefined) {
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
