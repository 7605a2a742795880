import { type DynamoDBDocumentClient, paginateQuery } from '@aws-sdk/lib-dynamodb';
import { refusedBy, transact } from '../../aws/transact.ts';
import type { Channel } from '../../contracts/channel.ts';
import type { MessageKind } from '../../contracts/contract.ts';
import { shardOf } from '../../contracts/later-table.ts';
import { chunk } from '../batches.ts';
import { type CommandContext, type Draft, outgoingOf, type Placing } from '../draft.ts';
import type { TransactItem } from '../outbox.ts';
import { dueOf, type Later } from './due.ts';
import { erasedOnce } from './once.ts';

/** What tells one that waits from all others. */
export interface WaitingKey {
  /** Whom it is about: an aggregate's id. */
  subject: string;
  /** Its own, or the id of the message. */
  name: string;
}

/** What gives a message its place when it is due: the version of an aggregate, or a count of commands to a subject. */
export interface Counter {
  table: string;
  key: Record<string, string>;
  attribute: 'version' | 'sent';
}

/** A message that was committed with a state, and waits for its time. */
export interface WaitingMessage extends WaitingKey {
  /** ISO. */
  due: string;
  shard: string;
  committedAt: string;
  messageId: string;
  /** Of the outbox row that it becomes. */
  aggregateId: string;
  channel: string;
  kind: MessageKind;
  /** The CloudEvent, which has no place yet. */
  body: string;
  /** Default: its channel keeps no order. */
  counter?: Counter;
}

/** @throws {Error} as `outgoingOf` does */
export function waitingPut(
  laterTable: string,
  channel: Channel,
  draft: Draft & { later: Later },
  { counter, ...placing }: Placing & { counter?: Counter },
  context: CommandContext,
): TransactItem {
  const { later } = draft;
  const { messageId, kind, body, group } = outgoingOf(channel, draft, placing, context);
  const { subject } = placing;
  const waiting: WaitingMessage = {
    ...{ subject, name: later.name ?? messageId, due: dueOf(later, context.now), shard: shardOf(subject) },
    ...{ committedAt: context.now.toISOString(), messageId, aggregateId: group, channel: channel.name, kind, body },
    ...(counter && { counter }),
  };
  return { Put: { TableName: laterTable, Item: waiting } };
}

/** https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html */
const MAX_ITEMS = 100;

export interface LaterOptions {
  client: DynamoDBDocumentClient;
  /** `LATER_TABLE` of the outbox. */
  laterTable: string;
}

export type LaterMessages = ReturnType<typeof createLater>;

/**
 * The messages that wait for their time. Publishers, outbox writers and processes that send for later, or erase, are given it:
 * the others do not carry it.
 * @public
 */
export function createLater({ client, laterTable }: LaterOptions) {
  const deletion = ({ subject, name }: WaitingKey) => ({ TableName: laterTable, Key: { subject, name } });

  async function of(subject: string): Promise<WaitingMessage[]> {
    const found: WaitingMessage[] = [];
    const pages = paginateQuery(
      { client },
      {
        TableName: laterTable,
        ConsistentRead: true,
        KeyConditionExpression: '#subject = :subject',
        ExpressionAttributeNames: { '#subject': 'subject' },
        ExpressionAttributeValues: { ':subject': subject },
      },
    );
    for await (const { Items = [] } of pages) found.push(...(Items as WaitingMessage[]));
    return found;
  }

  const erasing = async (subject: string): Promise<TransactItem[]> =>
    (await of(subject)).map((waiting) => ({ Delete: deletion(waiting) }));

  /**
   * A cancellation as a part of a transaction, such as a decision's `beside`. It refuses the transaction if nothing waits under
   * the name any more: so a message is either cancelled with the state, or sent, and whoever is late is told.
   */
  const cancelling = (key: WaitingKey): TransactItem => ({
    Delete: { ...deletion(key), ConditionExpression: 'attribute_exists(messageId)' },
  });

  return {
    /** What waits about a subject, on all channels. */
    of,
    cancelling,
    /** Deletions of what waits about a subject, for a transaction: without conditions. */
    erasing,

    /**
     * A message for later as a part of the transaction that makes the state change. It replaces what waits under its name.
     * @throws {Error} as `outgoingOf` does
     */
    waiting: (
      channel: Channel,
      draft: Draft & { later: Later },
      placing: Placing & { counter?: Counter },
      context: CommandContext,
    ): TransactItem => waitingPut(laterTable, channel, draft, placing, context),

    /** Takes a message away, whether it still waits or not. */
    removing: (key: WaitingKey): TransactItem => ({ Delete: deletion(key) }),

    /** Without the erasures of what `others` of the same transaction cancel or replace. */
    once: (items: readonly TransactItem[], others: readonly TransactItem[]) => erasedOnce(items, others, laterTable),

    /**
     * Cancels a message alone. Not `cancelled`: it does not wait any more: it was sent, or cancelled before. It costs a
     * transaction, which the SDK may try again without being refused by itself.
     */
    async cancel(key: WaitingKey): Promise<{ cancelled: boolean }> {
      try {
        await transact(client, [cancelling(key)]);
        return { cancelled: true };
      } catch (error) {
        if (refusedBy(error, 0)) return { cancelled: false };
        throw error;
      }
    },

    /** Deletes what waits about a subject, for who erases it without a publisher. @returns how many there were */
    async erase(subject: string): Promise<number> {
      const deletions = await erasing(subject);
      for (const some of chunk(deletions, MAX_ITEMS)) await transact(client, some);
      return deletions.length;
    },
  };
}
