import { ConditionalCheckFailedException, TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import { UpdateCommand, type UpdateCommandInput } from '@aws-sdk/lib-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { transact } from '../../aws/transact.ts';
import type { Cursor } from '../cursor.ts';
import type { TransactItem } from '../outbox.ts';
import type { Claim } from '../subscriber-store.ts';
import type { SubscriberTable } from './table.ts';

/** A conditional update of the item that contains a cursor. */
export type CursorUpdate = Omit<UpdateCommandInput, 'TableName' | 'Key'> & { UpdateExpression: string };

export interface ClaimInput {
  update: CursorUpdate;
  /** Further writes of the same transaction. */
  writes?: readonly TransactItem[];
  /**
   * Converts the attributes of the item into a claim. Called if an update without further writes succeeds, or if
   * `isOwn` returns true.
   */
  read: (attributes: Record<string, unknown>) => Claim;
  /** Whether the stored item shows that the condition failed because an earlier attempt of the SDK made this update. */
  isOwn?: (item: Record<string, unknown>) => boolean;
}

/**
 * Creates a function that executes a conditional update of the item that contains the cursor, with further writes in
 * the same transaction.
 */
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
      const isUnmoved = (cursor?.version ?? 0) === expected && !cursor?.erased;
      return isUnmoved ? { state: 'leased' } : { state: 'moved', cursor };
    }
  };

/** Whether the SDK retried. If it did, an earlier attempt may have succeeded, and only its response was lost. */
const wasRetried = (error: unknown): boolean =>
  (error instanceof ConditionalCheckFailedException || error instanceof TransactionCanceledException) &&
  (error.$metadata.attempts ?? 1) > 1;

/**
 * The item that contains the cursor, as it was when the condition failed.
 * @returns undefined if the item did not exist; `none` if the error has another cause
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
