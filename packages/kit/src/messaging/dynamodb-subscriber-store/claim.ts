import { ConditionalCheckFailedException, TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import { UpdateCommand, type UpdateCommandInput } from '@aws-sdk/lib-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { transact } from '../../aws/transact.ts';
import type { Cursor } from '../cursor.ts';
import type { TransactItem } from '../outbox.ts';
import type { Claim } from '../subscriber-store.ts';
import type { SubscriberTable } from './table.ts';

/** A conditional update of the item that carries a cursor. */
export type CursorUpdate = Omit<UpdateCommandInput, 'TableName' | 'Key'> & { UpdateExpression: string };

export interface ClaimInput {
  update: CursorUpdate;
  /** Further writes of the same transaction. */
  writes?: readonly TransactItem[];
  /** Interprets the item's attributes when the condition held. */
  read: (attributes: Record<string, unknown>) => Claim;
  /** Whether the item that failed the condition was written by this update itself, in an earlier attempt. */
  isOwn?: (item: Record<string, unknown>) => boolean;
}

/** One conditional update of the item with the cursor, with further writes in the same transaction. */
export const createClaim =
  ({ client, tableName, cursorKey }: SubscriberTable) =>
  async (aggregateId: string, { update, writes = [], read, isOwn = () => false }: ClaimInput): Promise<Claim> => {
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
      const item = itemOfFailedCondition(error);
      if (item === 'none') throw error;
      if (item && wasRetried(error) && isOwn(item)) return read(item);
      const cursor = cursorOf(item);
      const expected = update.ExpressionAttributeValues?.[':after'] ?? 0;
      const stands = (cursor?.version ?? 0) === expected && !cursor?.erased;
      return stands ? { state: 'leased' } : { state: 'moved', cursor };
    }
  };

/** Whether an earlier attempt of the SDK, whose response was lost, may have succeeded. */
const wasRetried = (error: unknown): boolean =>
  (error instanceof ConditionalCheckFailedException || error instanceof TransactionCanceledException) &&
  (error.$metadata.attempts ?? 1) > 1;

/**
 * The item with the cursor as it was when its condition failed (undefined: no such item), or `none` for other errors.
 */
function itemOfFailedCondition(error: unknown): Record<string, unknown> | undefined | 'none' {
  if (error instanceof ConditionalCheckFailedException) return error.Item && unmarshall(error.Item);
  if (error instanceof TransactionCanceledException) {
    const [cursor] = error.CancellationReasons ?? [];
    if (cursor?.Code === 'ConditionalCheckFailed') return cursor.Item && unmarshall(cursor.Item);
  }
  return 'none';
}

export function cursorOf(item: Record<string, unknown> | undefined): Cursor | undefined {
  if (typeof item?.version !== 'number') return undefined;
  return {
    version: item.version,
    ...(typeof item.baseline === 'number' && { baseline: item.baseline }),
    ...(item.erased === true && { erased: true }),
  };
}
