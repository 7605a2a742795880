import { ConditionalCheckFailedException, TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import {
  DeleteCommand,
  type DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  paginateScan,
  QueryCommand,
  UpdateCommand,
  type UpdateCommandInput,
} from '@aws-sdk/lib-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { transact } from '../aws/transact.ts';
import type { Cursor } from './cursor.ts';
import type { TransactItem } from './outbox.ts';

/** What an event changes in a subscriber, committed together with the cursor. */
export interface Effect {
  /** Attributes of the cursor's own item to set and to remove. */
  set?: Record<string, unknown>;
  remove?: readonly string[];
  /** Further writes of the same transaction. */
  writes?: readonly TransactItem[];
}

export type ParkedReason = 'gap' | 'below-baseline' | 'failed';

/** A message that is set aside. Key: aggregate id and version. It has no expiry. */
export interface ParkedMessage {
  aggregateId: string;
  version: number;
  messageId: string;
  body: string;
  reason: ParkedReason;
  error?: string;
  parkedAt: string;
}

/** Keeps others off an aggregate while its handler calls an external service. */
export interface Lease {
  /** Unique to one run of one handler. */
  owner: string;
  from: Date;
  until: Date;
}

/** `moved`: the cursor was not where the caller thought; `leased`: somebody else is at work on this aggregate. */
export type Claim = { state: 'done' } | { state: 'moved'; cursor: Cursor | undefined } | { state: 'leased' };

/** A subscriber's own table, as far as the kit uses it. */
export interface SubscriberStore {
  /** The effect and the new cursor, in one write that fails unless the cursor stands at `after` (0: at nothing). */
  commit(aggregateId: string, after: number, next: Cursor, effect: Effect): Promise<Claim>;
  /** Reserves the aggregate's next version for one handler, without moving the cursor. */
  lease(aggregateId: string, after: number, lease: Lease): Promise<Claim>;
  /** Gives a lease back, if it is still this one. */
  release(aggregateId: string, lease: Lease): Promise<void>;
  cursor(aggregateId: string): Promise<Cursor | undefined>;
  park(message: ParkedMessage): Promise<void>;
  unpark(message: Pick<ParkedMessage, 'aggregateId' | 'version'>): Promise<void>;
  hasParkedBelow(aggregateId: string, version: number): Promise<boolean>;
  /** Everything parked, page by page. */
  parked(): AsyncIterable<ParkedMessage[]>;
}

/** Sparse index: only parked messages carry `parkedAggregate`. */
export const PARKED_INDEX = 'parked';

const VERSION_DIGITS = 16;
const parkedKey = (version: number) => `parked#${String(version).padStart(VERSION_DIGITS, '0')}`;

export interface SubscriberStoreOptions {
  client: DynamoDBDocumentClient;
  tableName: string;
  /** Sort key of the item that carries the cursor: one that most effects update anyway. */
  cursorKey: string;
}

/** Table layout: `pk` = aggregate id; `sk` = `cursorKey`, `parked#VERSION`, or what the service itself keeps there. */
export function createSubscriberStore({ client, tableName, cursorKey }: SubscriberStoreOptions): SubscriberStore {
  /** One conditional update of the cursor's item, with whatever must be committed beside it. */
  async function claim(
    aggregateId: string,
    update: Omit<UpdateCommandInput, 'TableName' | 'Key'> & { UpdateExpression: string },
    writes: readonly TransactItem[],
  ): Promise<Claim> {
    const input = {
      ...update,
      TableName: tableName,
      Key: { pk: aggregateId, sk: cursorKey },
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD' as const,
    };
    try {
      if (writes.length === 0) await client.send(new UpdateCommand(input));
      else await transact(client, [{ Update: input }, ...writes]);
      return { state: 'done' };
    } catch (error) {
      const item = itemThatRefused(error);
      if (item === 'none') throw error;
      const cursor = cursorOf(item);
      const expected = update.ExpressionAttributeValues?.[':after'] ?? 0;
      return (cursor?.version ?? 0) === expected ? { state: 'leased' } : { state: 'moved', cursor };
    }
  }

  return {
    commit(aggregateId, after, next, effect) {
      const set = Object.entries({
        ...effect.set,
        version: next.version,
        ...(next.baseline && { baseline: next.baseline }),
      });
      const remove = [...(effect.remove ?? []), 'leasedUntil', 'leasedBy'];
      return claim(
        aggregateId,
        {
          UpdateExpression: `SET ${set.map((_, i) => `#s${i} = :s${i}`).join(', ')} REMOVE ${remove.map((_, i) => `#r${i}`).join(', ')}`,
          ConditionExpression: cursorStandsAt(after),
          ExpressionAttributeNames: {
            '#version': 'version',
            ...Object.fromEntries(set.map(([key], i) => [`#s${i}`, key])),
            ...Object.fromEntries(remove.map((key, i) => [`#r${i}`, key])),
          },
          ExpressionAttributeValues: {
            ...(after > 0 && { ':after': after }),
            ...Object.fromEntries(set.map(([, value], i) => [`:s${i}`, value])),
          },
        },
        effect.writes ?? [],
      );
    },

    lease(aggregateId, after, { owner, from, until }) {
      return claim(
        aggregateId,
        {
          UpdateExpression: 'SET leasedUntil = :until, leasedBy = :owner',
          // Its own lease may stand there already: from an attempt of the SDK whose answer was lost.
          ConditionExpression: `${cursorStandsAt(after)} AND (attribute_not_exists(leasedUntil) OR leasedUntil < :from OR leasedBy = :owner)`,
          ExpressionAttributeNames: { '#version': 'version' },
          ExpressionAttributeValues: {
            ...(after > 0 && { ':after': after }),
            ':until': until.toISOString(),
            ':from': from.toISOString(),
            ':owner': owner,
          },
        },
        [],
      );
    },

    async release(aggregateId, { owner }) {
      try {
        await client.send(
          new UpdateCommand({
            TableName: tableName,
            Key: { pk: aggregateId, sk: cursorKey },
            UpdateExpression: 'REMOVE leasedUntil, leasedBy',
            ConditionExpression: 'leasedBy = :owner',
            ExpressionAttributeValues: { ':owner': owner },
          }),
        );
      } catch (error) {
        if (!(error instanceof ConditionalCheckFailedException)) throw error;
      }
    },

    async cursor(aggregateId) {
      const { Item } = await client.send(
        new GetCommand({ TableName: tableName, Key: { pk: aggregateId, sk: cursorKey }, ConsistentRead: true }),
      );
      return cursorOf(Item);
    },

    async park(message) {
      const { aggregateId, version, ...rest } = message;
      await client.send(
        new PutCommand({
          TableName: tableName,
          Item: { pk: aggregateId, sk: parkedKey(version), parkedAggregate: aggregateId, version, ...rest },
        }),
      );
    },

    async unpark({ aggregateId, version }) {
      await client.send(new DeleteCommand({ TableName: tableName, Key: { pk: aggregateId, sk: parkedKey(version) } }));
    },

    async hasParkedBelow(aggregateId, version) {
      const { Items = [] } = await client.send(
        new QueryCommand({
          TableName: tableName,
          ConsistentRead: true,
          KeyConditionExpression: 'pk = :pk AND sk BETWEEN :first AND :last',
          ExpressionAttributeValues: { ':pk': aggregateId, ':first': parkedKey(0), ':last': parkedKey(version - 1) },
          Limit: 1,
        }),
      );
      return Items.length > 0;
    },

    async *parked() {
      for await (const { Items = [] } of paginateScan({ client }, { TableName: tableName, IndexName: PARKED_INDEX })) {
        yield Items.map(
          ({ pk, sk: _, parkedAggregate: __, ...rest }) => ({ aggregateId: pk, ...rest }) as ParkedMessage,
        );
      }
    },
  };
}

const cursorStandsAt = (after: number) => (after === 0 ? 'attribute_not_exists(#version)' : '#version = :after');

/** The cursor's item as it was when it refused the write (nothing: there was none), or `none` for other errors. */
function itemThatRefused(error: unknown): Record<string, unknown> | undefined | 'none' {
  if (error instanceof ConditionalCheckFailedException) return error.Item && unmarshall(error.Item);
  if (error instanceof TransactionCanceledException) {
    const [cursor] = error.CancellationReasons ?? [];
    if (cursor?.Code === 'ConditionalCheckFailed') return cursor.Item && unmarshall(cursor.Item);
  }
  return 'none';
}

function cursorOf(item: Record<string, unknown> | undefined): Cursor | undefined {
  if (typeof item?.version !== 'number') return undefined;
  return { version: item.version, ...(typeof item.baseline === 'number' && { baseline: item.baseline }) };
}
