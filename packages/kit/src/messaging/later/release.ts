import { type DynamoDBDocumentClient, GetCommand, paginateQuery } from '@aws-sdk/lib-dynamodb';
import { isConflict, itemOfFailedCondition, transact } from '../../aws/transact.ts';
import { DUE_INDEX } from '../../contracts/later-table.ts';
import { PermanentError } from '../errors.ts';
import { sequenceOf } from '../message.ts';
import { type OutboxRow, outboxPut, readRow, type TransactItem } from '../outbox.ts';
import type { Counter, LaterOptions, WaitingKey, WaitingMessage } from './waiting.ts';

export type DueKey = WaitingKey & Pick<WaitingMessage, 'due'>;

export type Released =
  | 'released'
  /** The message is no longer scheduled, or is rescheduled to a later time. */
  | 'gone'
  /** At every attempt, a concurrent sender took the position of the message. */
  | 'busy';

/**
 * The number of attempts. An attempt fails if another sender has taken the position. After the last attempt, the
 * message waits for the next sweep.
 */
const ATTEMPTS = 5;
const PAGE = 100;

/**
 * Creates the functions that find due messages and move them to the outbox. Each message gets the next position in its
 * order, as if it were sent now.
 */
export function createRelease({ client, laterTable, outboxTable }: LaterOptions & { outboxTable: string }) {
  async function read({ subject, name }: WaitingKey): Promise<WaitingMessage | undefined> {
    const { Item } = await client.send(
      new GetCommand({ TableName: laterTable, Key: { subject, name }, ConsistentRead: true }),
    );
    return Item as WaitingMessage | undefined;
  }

  /** @returns undefined if another sender took the position */
  async function attempt(key: WaitingKey, now: Date, early: boolean): Promise<Released | undefined> {
    const waiting = await read(key);
    const isDue = early || (waiting && waiting.due <= now.toISOString());
    if (!waiting || !isDue) return 'gone';
    const position = waiting.counter && (await nextPosition(client, waiting.counter));
    const row = outboxPut(outboxTable, rowOf(waiting, position?.version, now));
    try {
      await transact(client, [removalOf(laterTable, waiting), ...(position ? [position.update] : []), row]);
      return 'released';
    } catch (error) {
      if (itemOfFailedCondition(error, 0)) return 'gone';
      if ((position && itemOfFailedCondition(error, 1)) || isConflict(error)) return undefined;
      throw error;
    }
  }

  return {
    /** The due messages of a shard, page by page. Reads an index, which is eventually consistent. */
    async *due(shard: string, now: Date): AsyncIterable<DueKey[]> {
      const pages = paginateQuery(
        { client, pageSize: PAGE },
        {
          TableName: laterTable,
          IndexName: DUE_INDEX,
          KeyConditionExpression: '#shard = :shard AND #due <= :now',
          ExpressionAttributeNames: { '#shard': 'shard', '#due': 'due' },
          ExpressionAttributeValues: { ':shard': shard, ':now': now.toISOString() },
        },
      );
      for await (const { Items = [] } of pages) yield Items as DueKey[];
    },

    /**
     * @param early whether to send the message before its time, which an operator can request
     * @throws {PermanentError} if the aggregate that gives the message its version no longer exists
     */
    async release(key: WaitingKey, now: Date, early = false): Promise<Released> {
      for (let count = 1; count <= ATTEMPTS; count++) {
        const released = await attempt(key, now, early);
        if (released) return released;
      }
      return 'busy';
    },
  };
}

/**
 * The deletion of a scheduled message, as an item of a transaction. Its condition fails if the message was released,
 * cancelled or replaced in the meantime, even if the new message has the same id.
 */
const removalOf = (
  TableName: string,
  { subject, name, messageId, due, committedAt }: WaitingMessage,
): TransactItem => ({
  Delete: {
    TableName,
    Key: { subject, name },
    ConditionExpression: 'messageId = :messageId AND due = :due AND committedAt = :committedAt',
    ExpressionAttributeValues: { ':messageId': messageId, ':due': due, ':committedAt': committedAt },
  },
});

async function nextPosition(client: DynamoDBDocumentClient, { table, key, attribute }: Counter) {
  const ExpressionAttributeNames = { '#version': attribute };
  const { Item } = await client.send(
    new GetCommand({
      ...{ TableName: table, Key: key, ConsistentRead: true },
      ...{ ProjectionExpression: '#version', ExpressionAttributeNames },
    }),
  );
  const before: number | undefined = Item?.[attribute];
  if (before === undefined && attribute === 'version')
    throw new PermanentError(
      `${Object.values(key).join(' ')} of ${table} has no version: the aggregate no longer exists`,
    );
  const version = (before ?? 0) + 1;
  const update: TransactItem = {
    Update: {
      ...{ TableName: table, Key: key, UpdateExpression: 'SET #version = :version', ExpressionAttributeNames },
      ConditionExpression: before === undefined ? 'attribute_not_exists(#version)' : '#version = :before',
      ExpressionAttributeValues: { ':version': version, ...(before !== undefined && { ':before': before }) },
    },
  };
  return { version, update };
}

/**
 * The outbox row of a due message. The `time` of the message is the release time, so that no message has an earlier
 * time than its predecessor.
 */
function rowOf(
  { aggregateId, channel, kind, body }: WaitingMessage,
  version: number | undefined,
  now: Date,
): OutboxRow {
  const time = now.toISOString();
  const positioned = { ...JSON.parse(body), time, ...(version !== undefined && { sequence: sequenceOf(version) }) };
  const messages = [{ channel, kind, body: JSON.stringify(positioned) }];
  return readRow({ aggregateId, version: version ?? 1, messages, committedAt: time });
}
