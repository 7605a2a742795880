import {
  BatchWriteCommand,
  type DynamoDBDocumentClient,
  paginateQuery,
  paginateScan,
  type TransactWriteCommandInput,
} from '@aws-sdk/lib-dynamodb';
import { chunk } from './batches.ts';
import { UnreadableMessageError } from './errors.ts';
import { readEnvelope } from './message.ts';
import type { OutgoingMessage } from './outgoing.ts';

/** Messages that were committed with a state change and are not yet published. Key: aggregate id and version. */
export interface OutboxRow {
  /**
   * For an event, its subject. For a message to an ordered queue, the names of the queue and the subject. For a message
   * to any other queue, the name of the queue and the message id. Rows with the same `aggregateId` are sent in order.
   */
  aggregateId: string;
  version: number;
  /** One message, or the renditions of one event. */
  messages: OutgoingMessage[];
  committedAt: string;
  /** Whether to erase the stored data of the aggregate's messages on the channel once this row is published. */
  erases?: true;
}

/**
 * The stored attributes of a message. The other attributes are derived from the body, so that they add no cost to the
 * write.
 */
type StoredMessage = Pick<OutgoingMessage, 'channel' | 'kind' | 'body'>;

const toStored = ({ channel, kind, body }: OutgoingMessage): StoredMessage => ({ channel, kind, body });

function fromStored({ channel, kind, body }: StoredMessage, group: string): OutgoingMessage {
  const { id, type, alternatetype, traceparent } = readEnvelope(body);
  return {
    ...{ channel, kind, group, messageId: id, type, body },
    ...(alternatetype !== undefined && { alternateType: alternatetype }),
    ...(traceparent !== undefined && { traceparent }),
  };
}

/**
 * Reads a row from its item. An item of unknown origin may have an unreadable message or no list of messages at all.
 * Therefore, callers must check that the row has a list of `messages`.
 */
export function readRow(item: Record<string, unknown>): OutboxRow {
  const row = item as unknown as OutboxRow;
  const { messages, ...rest } = row;
  if (!Array.isArray(messages)) return row;
  try {
    return { ...rest, messages: messages.map((message) => fromStored(message, row.aggregateId)) };
  } catch (error) {
    if (error instanceof UnreadableMessageError) return rest as OutboxRow;
    throw error;
  }
}

/**
 * One item of `TransactWriteCommand`.
 * @public
 */
export type TransactItem = NonNullable<TransactWriteCommandInput['TransactItems']>[number];

/**
 * The outbox row as an item of the transaction that changes the state. The transaction fails if the outbox already has
 * a row of this version.
 */
export const outboxPut = (tableName: string, row: OutboxRow): TransactItem => ({
  Put: {
    TableName: tableName,
    Item: { ...row, messages: row.messages.map(toStored) },
    ConditionExpression: 'attribute_not_exists(aggregateId)',
  },
});

/** The operations on the outbox that the relay needs. */
export interface Outbox {
  /**
   * The pending rows of an aggregate up to `version`, in ascending order. If `version` was committed before the call,
   * no row is missing. Otherwise, a row that is committed during the call may appear without its predecessors, because
   * a DynamoDB query is not isolated as a whole.
   */
  pendingUpTo(aggregateId: string, version: number): Promise<OutboxRow[]>;
  /** Deletes published rows and returns the rows that could not be deleted. */
  remove(rows: readonly OutboxRow[]): Promise<OutboxRow[]>;
  /** One segment of all pending rows, page by page. */
  scan(segment: number, segments: number): AsyncIterable<OutboxRow[]>;
}

const SCAN_PAGE = 200;
/** DynamoDB's limit for BatchWriteItem. */
const DELETES_PER_CALL = 25;
const DELETE_ATTEMPTS = 3;

export function createOutbox({ client, tableName }: { client: DynamoDBDocumentClient; tableName: string }): Outbox {
  async function removeChunk(rows: readonly OutboxRow[]): Promise<OutboxRow[]> {
    let remaining = rows;
    for (let attempt = 1; remaining.length > 0 && attempt <= DELETE_ATTEMPTS; attempt++) {
      const { UnprocessedItems } = await client.send(
        new BatchWriteCommand({
          RequestItems: {
            [tableName]: remaining.map(({ aggregateId, version }) => ({
              DeleteRequest: { Key: { aggregateId, version } },
            })),
          },
        }),
      );
      const unprocessed = (UnprocessedItems?.[tableName] ?? []).map((request) => request.DeleteRequest?.Key);
      remaining = remaining.filter((row) =>
        unprocessed.some((key) => key?.aggregateId === row.aggregateId && key?.version === row.version),
      );
    }
    return [...remaining];
  }

  return {
    async pendingUpTo(aggregateId, version) {
      const rows: OutboxRow[] = [];
      const pages = paginateQuery(
        { client },
        {
          TableName: tableName,
          ConsistentRead: true,
          KeyConditionExpression: 'aggregateId = :aggregateId AND version <= :version',
          ExpressionAttributeValues: { ':aggregateId': aggregateId, ':version': version },
        },
      );
      for await (const page of pages) rows.push(...(page.Items ?? []).map(readRow));
      return rows;
    },

    async remove(rows) {
      return (await Promise.all(chunk(rows, DELETES_PER_CALL).map(removeChunk))).flat();
    },

    async *scan(segment, segments) {
      const pages = paginateScan(
        { client, pageSize: SCAN_PAGE },
        { TableName: tableName, ConsistentRead: true, Segment: segment, TotalSegments: segments },
      );
      for await (const page of pages) yield (page.Items ?? []).map(readRow);
    },
  };
}
