import { type DynamoDBDocumentClient, GetCommand } from '@aws-sdk/lib-dynamodb';
import type { ProcessDescriptor } from '../../contracts/process-descriptor.ts';
import { currentTraceparent } from '../../observability/spans.ts';
import type { ClaimCheck } from '../claim-check.ts';
import { type AddressedDraft, type CommandContext, draftTo } from '../draft.ts';
import type { LaterMessages } from '../later/waiting.ts';
import type { TransactItem } from '../outbox.ts';
import { createOutboxWriter } from '../outbox-writer.ts';
import { versionedPut } from '../versioned-put.ts';
import { placed } from './deadline.ts';
import type { Moved } from './moves.ts';
import { type Awaited, awaitedOf, type ProcessState } from './state.ts';
import type { Steps } from './steps.ts';

type Ended<Data> = (process: ProcessState<Data>, context: CommandContext) => Promise<readonly TransactItem[]>;

export interface ProcessOptions<Data> {
  client: DynamoDBDocumentClient;
  /**
   * Of its items, and of the counts of its commands to ordered queues. It is the table of the publisher that starts it (the
   * `countersTable` of an outbox writer): counted in two tables, two commands to a subject would get one place.
   */
  table: string;
  outboxTable: string;
  /** Of `createLater`, on LATER_TABLE of the outbox: its deadlines wait there. */
  later: LaterMessages;
  /** Of `createClaimCheck`: keeps the data of large commands. Default: it sends none. */
  claimCheck?: ClaimCheck;
  /** CloudEvents `source` of its commands: `/APPLICATION/SERVICE`. */
  source: string;
  /** Of its item. Default: `{ pk: 'process#NAME/ID' }`. */
  key?: (id: string) => Record<string, string>;
  now?: () => Date;
  newId: () => string;
  /** What else is written, in the transaction in which it ends; once, also of one that is compensated again. */
  on?: { completed?: Ended<Data>; failed?: Ended<Data> };
}

/** Where a process stands, and what commits its transitions. */
export function transitionWrites<Data>(
  definition: ProcessDescriptor<Data>,
  exchangeOf: Steps['exchangeOf'],
  options: ProcessOptions<Data>,
) {
  const { client, table, outboxTable, later, claimCheck, source, newId, on = {} } = options;
  const { name, replies, deadline } = definition;
  const { key = (id) => ({ pk: `process#${name}/${id}` }), now = () => new Date() } = options;
  const places = { client, outboxTable, source, countersTable: table, later };
  const writer = createOutboxWriter({ ...places, ...(claimCheck && { claimCheck }) });

  function commandOf({ id, data }: ProcessState<Data>, awaited: Awaited): AddressedDraft {
    const { send, by } = exchangeOf(awaited);
    const [channel, contract] = send;
    return draftTo(channel, contract, by(data), { replyTo: replies, correlationId: id });
  }

  /** What commits a transition, with what it sends. */
  function writesOf(before: ProcessState<Data> | undefined, moved: Moved<Data>, context: CommandContext) {
    const awaited = awaitedOf(moved.process);
    const command = moved.sends && awaited ? [commandOf(moved.process, awaited)] : [];
    const { process, send, beside } = placed({ name, replies, deadline, later }, before, moved.process, context);
    const { version = 0 } = before ?? {};
    const next = { ...process, version: version + 1, changedAt: context.now.toISOString() };
    const put = { Put: versionedPut(table, key(next.id), next, version) };
    return { next, send: [...command, ...send], beside: { [name]: put, ...beside } };
  }

  async function read(id: string): Promise<ProcessState<Data> | undefined> {
    const { Item } = await client.send(new GetCommand({ TableName: table, Key: key(id), ConsistentRead: true }));
    return Item as ProcessState<Data> | undefined;
  }

  /** What commits a transition, for the transaction of a handler; and what its end brings with it. */
  async function itemsOf(before: ProcessState<Data>, moved: Moved<Data>, context: CommandContext) {
    const { next, send, beside } = writesOf(before, moved, context);
    const { state } = next.progress;
    const isFirstEnd = before.endedAt === undefined && (state === 'completed' || state === 'failed');
    const more = isFirstEnd ? ((await on[state]?.(next, context)) ?? []) : [];
    const own = [...Object.values(beside), ...(await writer.writes(send, context))];
    return [...own, ...later.once(more, own)];
  }

  const contextOf = (id: string, { traceparent }: { traceparent?: string | undefined }): CommandContext => {
    const parent = currentTraceparent() ?? traceparent;
    return { now: now(), newId, correlationId: id, ...(parent !== undefined && { traceparent: parent }) };
  };

  return { writer, commandOf, writesOf, read, itemsOf, contextOf };
}
