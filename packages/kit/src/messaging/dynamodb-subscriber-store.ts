import { ConditionalCheckFailedException, TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import {
  DeleteCommand,
  type DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  paginateQuery,
  paginateScan,
  UpdateCommand,
  type UpdateCommandInput,
} from '@aws-sdk/lib-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { refusedBy, transact } from '../aws/transact.ts';
import type { Cursor } from './cursor.ts';
import type { Place } from './message.ts';
import type { TransactItem } from './outbox.ts';
import { stateChanges } from './state-changes.ts';
import type { Claim, Effect, ParkedKey, ParkedMessage, SubscriberStore } from './subscriber-store.ts';

/** Sparse index: only parked messages carry `parkedAggregate`. */
export const PARKED_INDEX = 'parked';

const VERSION_DIGITS = 16;
const PARKED = 'parked#';
const DISCARDED = 'discarded#';
const BEGUN = 'begun#';
/** Two messages that claim the same version have a place each: neither may take the other's. */
const placeOf = ({ version, messageId }: Omit<ParkedKey, 'aggregateId'>) =>
  `${String(version).padStart(VERSION_DIGITS, '0')}#${messageId}`;

export interface SubscriberStoreOptions {
  client: DynamoDBDocumentClient;
  tableName: string;
  /** Sort key of the item that carries the cursor: one that most effects update anyway. */
  cursorKey: string;
}

/**
 * Table layout: `pk` = aggregate id; `sk` = `cursorKey`, `parked#VERSION#ID`, `discarded#VERSION#ID`, `begun#VERSION#ID`,
 * or what the service itself keeps there. What an effect still has to send is an attribute of the cursor's item, so that it costs no
 * transaction.
 */
export function createSubscriberStore({ client, tableName, cursorKey }: SubscriberStoreOptions): SubscriberStore {
  /** One conditional update of the cursor's item, with whatever must be committed beside it. */
  async function claim(
    aggregateId: string,
    update: Omit<UpdateCommandInput, 'TableName' | 'Key'> & { UpdateExpression: string },
    writes: readonly TransactItem[],
    read: (attributes: Record<string, unknown>) => Claim,
    isOwn: (item: Record<string, unknown>) => boolean = () => false,
  ): Promise<Claim> {
    const input = {
      ...update,
      TableName: tableName,
      Key: { pk: aggregateId, sk: cursorKey },
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD' as const,
    };
    try {
      if (writes.length > 0) {
        const { ReturnValues: _, ...item } = input;
        await transact(client, [{ Update: item }, ...writes]);
        return { state: 'done' };
      }
      const { Attributes = {} } = await client.send(new UpdateCommand(input));
      return read(Attributes);
    } catch (error) {
      const item = itemThatRefused(error);
      if (item === 'none') throw error;
      if (item && wasTriedAgain(error) && isOwn(item)) return read(item);
      const cursor = cursorOf(item);
      const expected = update.ExpressionAttributeValues?.[':after'] ?? 0;
      const stands = (cursor?.version ?? 0) === expected && !cursor?.erased;
      return stands ? { state: 'leased' } : { state: 'moved', cursor };
    }
  }

  function moveCursor(aggregateId: string, after: number, next: Cursor, effect: Effect): Promise<Claim> {
    const { send = [], writes = [] } = effect;
    const set = Object.entries({
      ...effect.set,
      version: next.version,
      ...(next.baseline && { baseline: next.baseline }),
      ...(next.erased && { erased: true }),
      ...(send.length > 0 && { [unsentAttribute(next)]: send }),
    });
    const remove = [...(effect.remove ?? []), 'leasedUntil', 'leasedBy', 'inDoubt'];
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
        ReturnValues: 'ALL_NEW',
      },
      writes,
      (committed) => ({ state: 'done', committed }),
      // If an answer is lost, the SDK tries again, and is refused by its own commit: an update has no token, and that of a
      // transaction holds for ten minutes, where it is heeded.
      ({ version, appliedAt }) =>
        version === next.version && appliedAt !== undefined && appliedAt === effect.set?.appliedAt,
    );
  }

  const forget = ({ aggregateId, version }: Place) => ({
    TableName: tableName,
    Key: { pk: aggregateId, sk: cursorKey },
    UpdateExpression: 'REMOVE #unsent',
    ExpressionAttributeNames: { '#unsent': unsentAttribute({ version }) },
  });

  /** Changes nothing of a parked message, and fails if it is parked no longer. A ConditionCheck would need a grant more. */
  const stayParked = (key: ParkedKey): TransactItem => ({
    Update: {
      TableName: tableName,
      Key: parkedKey(key),
      UpdateExpression: 'SET parkedAggregate = :aggregate',
      ConditionExpression: 'attribute_exists(pk)',
      ExpressionAttributeValues: { ':aggregate': key.aggregateId },
    },
  });

  async function cursorItem(aggregateId: string): Promise<Record<string, unknown>> {
    const { Item = {} } = await client.send(
      new GetCommand({ TableName: tableName, Key: { pk: aggregateId, sk: cursorKey }, ConsistentRead: true }),
    );
    return Item;
  }

  /** What an aggregate has under sort keys that begin like this. */
  const ofAggregate = (aggregateId: string, beginning: string) =>
    paginateQuery(
      { client },
      {
        TableName: tableName,
        ConsistentRead: true,
        KeyConditionExpression: 'pk = :pk AND begins_with(sk, :beginning)',
        ExpressionAttributeValues: { ':pk': aggregateId, ':beginning': beginning },
      },
    );

  return {
    commit: moveCursor,

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
          ReturnValues: 'ALL_OLD',
        },
        [],
        (before) => {
          const isOthers = before.leasedBy !== undefined && before.leasedBy !== owner;
          return isOthers || before.inDoubt === true ? { state: 'done', again: true } : { state: 'done' };
        },
      );
    },

    async release(aggregateId, { owner }, unresolved) {
      try {
        await client.send(
          new UpdateCommand({
            TableName: tableName,
            Key: { pk: aggregateId, sk: cursorKey },
            UpdateExpression: `${unresolved ? 'SET inDoubt = :yes ' : ''}REMOVE leasedUntil, leasedBy`,
            ConditionExpression: 'leasedBy = :owner',
            ExpressionAttributeValues: { ':owner': owner, ...(unresolved && { ':yes': true }) },
          }),
        );
      } catch (error) {
        if (!(error instanceof ConditionalCheckFailedException)) throw error;
      }
    },

    async cursor(aggregateId) {
      return cursorOf(await cursorItem(aggregateId));
    },

    async state(aggregateId) {
      const state = await cursorItem(aggregateId);
      return { cursor: cursorOf(state), state };
    },

    async isGivenUp(key) {
      const version = placeOf({ ...key, messageId: '' });
      for await (const { Items = [] } of ofAggregate(key.aggregateId, `${DISCARDED}${version}`)) {
        if (Items.some(({ skipped, messageId }) => skipped || messageId === key.messageId)) return true;
      }
      return false;
    },

    change: stateChanges(client),

    async unsent({ aggregateId, version }) {
      const { Item } = await client.send(
        new GetCommand({
          TableName: tableName,
          Key: { pk: aggregateId, sk: cursorKey },
          ConsistentRead: true,
          ProjectionExpression: '#unsent',
          ExpressionAttributeNames: { '#unsent': unsentAttribute({ version }) },
        }),
      );
      return Item?.[unsentAttribute({ version })] ?? [];
    },

    async sent(place, left) {
      const update = forget(place);
      try {
        await client.send(
          new UpdateCommand(
            left.length === 0
              ? update
              : {
                  ...update,
                  UpdateExpression: 'SET #unsent = :left',
                  // A person may have given it up meanwhile.
                  ConditionExpression: 'attribute_exists(#unsent)',
                  ExpressionAttributeValues: { ':left': left },
                },
          ),
        );
      } catch (error) {
        if (!(error instanceof ConditionalCheckFailedException)) throw error;
      }
    },

    async park(message, only) {
      const { aggregateId, ...rest } = message;
      // A body that was erased meanwhile is not written back.
      const isUnerased = only === 'known' && message.body !== '';
      try {
        await client.send(
          new PutCommand({
            TableName: tableName,
            Item: { ...parkedKey(message), parkedAggregate: aggregateId, ...rest },
            ...(only === 'new' && { ConditionExpression: 'attribute_not_exists(pk)' }),
            ...(only === 'known' && {
              ConditionExpression: `attribute_exists(pk)${isUnerased ? ' AND body = :body' : ''}`,
            }),
            ...(isUnerased && { ExpressionAttributeValues: { ':body': message.body } }),
          }),
        );
      } catch (error) {
        if (!(error instanceof ConditionalCheckFailedException)) throw error;
      }
    },

    async unpark(key) {
      await client.send(new DeleteCommand({ TableName: tableName, Key: parkedKey(key) }));
    },

    async begin(key) {
      const { Attributes } = await client.send(
        new UpdateCommand({
          TableName: tableName,
          Key: begunKey(key),
          UpdateExpression: 'ADD tries :one',
          ExpressionAttributeValues: { ':one': 1 },
          ReturnValues: 'ALL_NEW',
        }),
      );
      return Attributes?.tries - 1;
    },

    async begun(key) {
      const { Item } = await client.send(
        new GetCommand({ TableName: tableName, Key: begunKey(key), ConsistentRead: true }),
      );
      return Item?.tries ?? 0;
    },

    async end(key) {
      await client.send(new DeleteCommand({ TableName: tableName, Key: begunKey(key) }));
    },

    async parkedOf(aggregateId) {
      const parked: ParkedMessage[] = [];
      for await (const { Items = [] } of ofAggregate(aggregateId, PARKED)) parked.push(...Items.map(parkedMessageOf));
      return parked;
    },

    async *parked(segment, segments) {
      const pages = paginateScan(
        { client },
        { TableName: tableName, IndexName: PARKED_INDEX, Segment: segment, TotalSegments: segments },
      );
      for await (const { Items = [] } of pages) yield Items.map(parkedMessageOf);
    },

    async discard(message, move, rival) {
      const { aggregateId, ...rest } = message;
      const kept = { pk: aggregateId, sk: `${DISCARDED}${placeOf(message)}`, ...rest, ...(move && { skipped: true }) };
      const keep = { Put: { TableName: tableName, Item: kept } };
      const unpark = { TableName: tableName, Key: parkedKey(message) };
      if (move) return moveCursor(aggregateId, move.after, move.next, { writes: [keep, { Delete: unpark }] });
      // Somebody else may have discarded it meanwhile, with its version: what says so is not overwritten.
      const unparkIfParked = { Delete: { ...unpark, ConditionExpression: 'attribute_exists(pk)' } };
      const unsent = message.reason === 'unsent' && { Update: forget(message) };
      try {
        await transact(client, [
          keep,
          unparkIfParked,
          ...(rival ? [stayParked(rival)] : []),
          ...(unsent ? [unsent] : []),
        ]);
        return { state: 'done' };
      } catch (error) {
        if (refusedBy(error, 1) || (rival && refusedBy(error, 2))) return { state: 'moved', cursor: undefined };
        throw error;
      }
    },

    async eraseLeft(aggregateId, but) {
      for (const beginning of [DISCARDED, PARKED]) {
        for await (const { Items = [] } of ofAggregate(aggregateId, beginning)) {
          for (const { pk, sk, messageId } of Items) {
            if (messageId === but) continue;
            await client
              .send(
                new UpdateCommand({
                  TableName: tableName,
                  Key: { pk, sk },
                  UpdateExpression: 'SET body = :nothing REMOVE #error',
                  // It may have been taken away meanwhile.
                  ConditionExpression: 'attribute_exists(pk)',
                  ExpressionAttributeNames: { '#error': 'error' },
                  ExpressionAttributeValues: { ':nothing': '' },
                }),
              )
              .catch((error: Error) => {
                if (!(error instanceof ConditionalCheckFailedException)) throw error;
              });
          }
        }
      }
    },
  };
}

const unsentAttribute = ({ version }: { version: number }) => `unsent#${version}`;

const begunKey = (key: ParkedKey) => ({ pk: key.aggregateId, sk: `${BEGUN}${placeOf(key)}` });
const parkedKey = (key: ParkedKey) => ({ pk: key.aggregateId, sk: `${PARKED}${placeOf(key)}` });

/** From an item of the table or of its index. */
export const parkedMessageOf = ({ pk, sk: _, parkedAggregate: __, ...rest }: Record<string, unknown>) =>
  ({ aggregateId: pk, ...rest }) as ParkedMessage;

const cursorStandsAt = (after: number) =>
  after === 0 ? 'attribute_not_exists(#version)' : '#version = :after AND attribute_not_exists(erased)';

/** Whether an attempt before this one may have taken effect, whose answer the SDK did not get. */
const wasTriedAgain = (error: unknown): boolean =>
  (error instanceof ConditionalCheckFailedException || error instanceof TransactionCanceledException) &&
  (error.$metadata.attempts ?? 1) > 1;

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
  return {
    version: item.version,
    ...(typeof item.baseline === 'number' && { baseline: item.baseline }),
    ...(item.erased === true && { erased: true }),
  };
}
