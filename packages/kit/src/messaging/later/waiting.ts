import { type DynamoDBDocumentClient, paginateQuery } from '@aws-sdk/lib-dynamodb';
import { itemOfFailedCondition, transact } from '../../aws/transact.ts';
import type { Channel } from '../../contracts/channel.ts';
import type { MessageKind } from '../../contracts/contract.ts';
import { shardOf } from '../../contracts/later-table.ts';
import { chunk } from '../batches.ts';
import { type CommandContext, type Draft, outgoingOf, type Placing } from '../draft.ts';
import type { TransactItem } from '../outbox.ts';
import { dueOf, type Later } from './due.ts';
import { withoutDuplicateWrites } from './once.ts';

/** Identifies a scheduled message. */
export interface WaitingKey {
  /** The aggregate's id. */
  subject: string;
  /** The message's name, or its id. */
  name: string;
}

/**
 * The attribute from which a message gets its position when it is due: the version of an aggregate, or the number of
 * commands sent to a subject.
 */
export interface Counter {
  table: string;
  key: Record<string, string>;
  attribute: 'version' | 'sent';
}

/** A message that is committed with a state change and scheduled for later. */
export interface WaitingMessage extends WaitingKey {
  /** Due time, ISO 8601. */
  due: string;
  shard: string;
  committedAt: string;
  messageId: string;
  /** Aggregate id of the outbox row into which the message is converted when it is due. */
  aggregateId: string;
  channel: string;
  kind: MessageKind;
  /** The CloudEvent, without a position. */
  body: string;
  /** Omitted if the channel has no order. */
  counter?: Counter;
}

/** The write that schedules a message. @throws {Error} like `outgoingOf` */
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
  /** The table of scheduled messages: the value of the outbox's environment variable LATER_TABLE. */
  laterTable: string;
}

export type LaterMessages = ReturnType<typeof createLater>;

/**
 * Creates the functions for scheduled messages. Pass the result to publishers, outbox writers and processes that
 * schedule messages or erase subjects. The result is passed as an option, so that other functions do not bundle its
 * code.
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
   * The cancellation of a message as an item of a transaction, for example in a decision's `beside`. The condition of
   * this item fails if no message is scheduled under the name any more. Therefore, either the message is cancelled
   * together with the state change, or the message was already sent or cancelled and the transaction fails.
   */
  const cancelling = (key: WaitingKey): TransactItem => ({
    Delete: { ...deletion(key), ConditionExpression: 'attribute_exists(messageId)' },
  });

  return {
    /** The scheduled messages about a subject, on all channels. */
    of,
    cancelling,
    /** Unconditional deletions of the scheduled messages about a subject, for a transaction. */
    erasing,

    /**
     * Schedules a message, as an item of the transaction that changes the state. Replaces the message that is scheduled
     * under the same name.
     * @throws {Error} like `outgoingOf`
     */
    waiting: (
      channel: Channel,
      draft: Draft & { later: Later },
      placing: Placing & { counter?: Counter },
      context: CommandContext,
    ): TransactItem => waitingPut(laterTable, channel, draft, placing, context),

    /** The deletion of a message, without a condition, as an item of a transaction. */
    removing: (key: WaitingKey): TransactItem => ({ Delete: deletion(key) }),

    /**
     * Removes from `items` the unconditional deletions of messages that `others` cancel or replace, because DynamoDB
     * rejects a transaction with two operations on one item.
     */
    once: (items: readonly TransactItem[], others: readonly TransactItem[]) =>
      withoutDuplicateWrites(items, others, laterTable),

    /**
     * Cancels a message. Returns `cancelled: false` if the message is no longer scheduled, because it was sent or
     * cancelled before. Uses a transaction, because the SDK's retries of a transaction are idempotent.
     */
    async cancel(key: WaitingKey): Promise<{ cancelled: boolean }> {
      try {
        await transact(client, [cancelling(key)]);
        return { cancelled: true };
      } catch (error) {
        if (itemOfFailedCondition(error, 0)) return { cancelled: false };
        throw error;
      }
    },

    /**
     * Deletes the scheduled messages about a subject, for erasures without a publisher.
     * @returns the number of deleted messages
     */
    async erase(subject: string): Promise<number> {
      const deletions = await erasing(subject);
      for (const items of chunk(deletions, MAX_ITEMS)) await transact(client, items);
      return deletions.length;
    },
  };
}
