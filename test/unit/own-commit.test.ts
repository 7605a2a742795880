import { ConditionalCheckFailedException, TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { createSubscriberStore } from '@rollcall/kit/internal/messaging/dynamodb-subscriber-store';
import { describe, expect, it } from 'vitest';

const AT = '2026-11-21T10:00:00.000Z';

/**
 * Commits version 2. DynamoDB refuses the write because of the stored item.
 * @param attempts the number of the SDK's attempt that is refused
 * @param beside whether the commit has other writes
 * @param before errors of earlier calls
 */
function refused(stored: Record<string, unknown>, attempts: number, beside = false, before: Error[] = []) {
  const Item = marshall(stored);
  const about = { message: 'refused', $metadata: { attempts } };
  const CancellationReasons = [{ Code: 'ConditionalCheckFailed', Item }, { Code: 'None' }];
  const send = async () => {
    const [earlier] = before.splice(0, 1);
    if (earlier) throw earlier;
    throw beside
      ? new TransactionCanceledException({ ...about, CancellationReasons })
      : new ConditionalCheckFailedException({ ...about, Item });
  };
  const client = Object.create(DynamoDBDocumentClient.prototype, { send: { value: send } });
  const store = createSubscriberStore({ client, tableName: 'table', cursorKey: 'cursor' });
  return store.commit(
    'member',
    1,
    { version: 2 },
    {
      set: { appliedAt: AT, points: 5 },
      ...(beside && { writes: [{ Put: { TableName: 'other', Item: { pk: 'a' } } }] }),
    },
  );
}

describe("a commit whose response was lost, so that the SDK's retry failed", () => {
  const own = { pk: 'member', sk: 'cursor', version: 2, appliedAt: AT, points: 5 };

  it.each([false, true])('is done, and returns the committed item (in a transaction: %s)', async (beside) => {
    expect(await refused(own, 2, beside)).toEqual({ state: 'done', committed: own });
  });

  const conflict = (attempts: number) =>
    new TransactionCanceledException({
      message: 'conflict',
      $metadata: { attempts },
      CancellationReasons: [{ Code: 'TransactionConflict' }, { Code: 'None' }],
    });

  it('is done also if the transaction met a conflict in between', async () => {
    expect(await refused(own, 1, true, [conflict(2)])).toEqual({ state: 'done', committed: own });
  });

  it('is distinguished from a concurrent commit that it conflicted with', async () => {
    expect(await refused(own, 1, true, [conflict(1)])).toMatchObject({ state: 'moved' });
  });

  it.each([
    ['that was refused at its first attempt', own, 1],
    ['of the same version by another instance', { ...own, appliedAt: '2026-11-21T10:00:00.001Z' }, 2],
    ['of another version', { ...own, version: 3 }, 2],
  ])('is distinguished from a commit %s', async (_, stored, attempts) => {
    expect(await refused(stored, attempts)).toMatchObject({ state: 'moved', cursor: { version: stored.version } });
  });
});
