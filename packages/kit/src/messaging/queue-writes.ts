import { type DynamoDBDocumentClient, GetCommand } from '@aws-sdk/lib-dynamodb';
import type { Channel } from '../contracts/channel.ts';
import type { ClaimCheck } from './claim-check.ts';
import { type AddressedDraft, type CommandContext, type Draft, outboxRowOf, type Placing, subjectOf } from './draft.ts';
import type { Counter, LaterMessages } from './later/waiting.ts';
import { type OutboxRow, outboxPut, type TransactItem } from './outbox.ts';

export interface OutboxWriterOptions {
  client: DynamoDBDocumentClient;
  outboxTable: string;
  /** CloudEvents `source` of the messages: `/APPLICATION/SERVICE`. */
  source: string;
  /** Table of the counters of commands to ordered queues: one item per subject and queue. */
  countersTable: string;
  /** Key of the counter of `QUEUE/SUBJECT`. Default: `{ pk: 'commands#QUEUE/SUBJECT' }`. */
  counterKey?: (group: string) => Record<string, string>;
  /**
   * Schedules messages: the result of `createLater`, for the table in the outbox's environment variable
   * LATER_TABLE. Required for scheduled messages.
   */
  later?: LaterMessages;
  /** Stores the data of large messages: the result of `createClaimCheck`. Required for channels that are `large`. */
  claimCheck?: ClaimCheck;
}

/**
 * Creates a function that returns the writes of a transaction that sends messages to queues. The function also stores
 * the data of large messages, because the data must exist before the transaction is committed.
 */
export function queueWrites({
  client,
  outboxTable,
  source,
  countersTable,
  counterKey = (group) => ({ pk: `commands#${group}` }),
  later: laterMessages,
  claimCheck,
}: OutboxWriterOptions) {
  async function putsOf(rows: readonly OutboxRow[]): Promise<TransactItem[]> {
    await claimCheck?.keep(rows);
    return rows.map((row) => outboxPut(outboxTable, row));
  }

  async function sentCount(group: string): Promise<number> {
    const { Item } = await client.send(
      new GetCommand({ TableName: countersTable, Key: counterKey(group), ConsistentRead: true }),
    );
    return Item?.sent ?? 0;
  }

  /** The writes of commands to one subject of an ordered queue, and of the counter that numbers them. */
  async function ordered(
    group: string,
    drafts: readonly AddressedDraft[],
    context: CommandContext,
  ): Promise<TransactItem[]> {
    const before = await sentCount(group);
    const rows = drafts.map((draft, index) => {
      const placing = { source, subject: subjectOf(draft), version: before + 1 + index, aggregateId: group };
      return outboxRowOf(draft.channel, draft, placing, context, claimCheck);
    });
    const count = countUpdate({ TableName: countersTable, Key: counterKey(group) }, before, before + rows.length);
    return [count, ...(await putsOf(rows))];
  }

  /** The write that schedules a command. A command to an ordered queue gets its number when it is due. */
  function waiting(draft: AddressedDraft, context: CommandContext): TransactItem {
    const group = groupOf(draft);
    const counter = { table: countersTable, key: counterKey(group), attribute: 'sent' } as const;
    const place = draft.channel.ordered ? { aggregateId: group, counter } : {};
    const placing = { source, subject: subjectOf(draft), ...place };
    return waitingItem(laterMessages, draft.channel, draft, placing, context);
  }

  async function writes(drafts: readonly AddressedDraft[], context: CommandContext): Promise<TransactItem[]> {
    const { numbered = [], unordered = [], scheduled = [] } = Object.groupBy(drafts, kindOf);
    const groups = Map.groupBy(numbered, groupOf);
    const rows = await putsOf(
      unordered.map((draft) =>
        outboxRowOf(draft.channel, draft, { source, subject: subjectOf(draft) }, context, claimCheck),
      ),
    );
    const inOrder = await Promise.all([...groups].map(([group, commands]) => ordered(group, commands, context)));
    return [...inOrder.flat(), ...rows, ...scheduled.map((draft) => waiting(draft, context))];
  }

  return writes;
}

const countUpdate = (
  item: Pick<NonNullable<TransactItem['Update']>, 'TableName' | 'Key'>,
  before: number,
  sent: number,
): TransactItem => ({
  Update: {
    ...item,
    UpdateExpression: 'SET sent = :version',
    ConditionExpression: before === 0 ? 'attribute_not_exists(sent)' : 'sent = :before',
    ExpressionAttributeValues: { ':version': sent, ...(before > 0 && { ':before': before }) },
  },
});

const groupOf = (draft: AddressedDraft) => `${draft.channel.name}/${subjectOf(draft)}`;

/**
 * How a message gets its position. A `numbered` message gets it from the counter of its subject in an ordered queue. An
 * `unordered` message has no position, because its queue has no order. A `scheduled` message to an ordered queue gets
 * its position when it is due.
 */
const kindOf = ({ later, channel }: AddressedDraft) => {
  if (later) return 'scheduled';
  return channel.ordered ? 'numbered' : 'unordered';
};

/** The write that schedules a message. @throws {Error} if the sender has no `later`: a defect in the caller */
export function waitingItem(
  later: LaterMessages | undefined,
  channel: Channel,
  { later: when, ...draft }: Draft,
  placing: Placing & { counter?: Counter },
  context: CommandContext,
): TransactItem {
  if (later && when) return later.waiting(channel, { ...draft, later: when }, placing, context);
  throw new Error(
    `${draft.contract.type} is a scheduled message, but its sender has no option \`later\`. Set \`later\` of the CDK construct Outbox, and pass the result of createLater to the sender as \`later\`.`,
  );
}

/**
 * The number of writes for messages: one per message, and one for the counter of each subject of an ordered queue.
 * Scheduled messages need no counter until they are due.
 */
export const queueItemsOf = (drafts: readonly AddressedDraft[]): number =>
  drafts.length + new Set(drafts.filter((draft) => kindOf(draft) === 'numbered').map(groupOf)).size;
