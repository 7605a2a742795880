import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { describe, expect, it } from 'vitest';
import { createSubscriberStore } from '../../shared/messaging/dynamodb-subscriber-store.ts';

const AT = '2026-11-21T10:00:00.000Z';

/** Commits version 2, which is refused by what stands there, at the SDK's so many-th attempt. */
function refused(stands: Record<string, unknown>, attempts: number) {
  const send = async () => {
    throw new ConditionalCheckFailedException({ message: 'refused', $metadata: { attempts }, Item: marshall(stands) });
  };
  const client = Object.create(DynamoDBDocumentClient.prototype, { send: { value: send } });
  const store = createSubscriberStore({ client, tableName: 'table', cursorKey: 'cursor' });
  return store.commit('member', 1, { version: 2 }, { set: { appliedAt: AT, points: 5 } });
}

describe('a commit whose answer was lost, so that the SDK tried again and was refused', () => {
  const own = { pk: 'member', sk: 'cursor', version: 2, appliedAt: AT, points: 5 };

  it('is done, and says what it has committed: what follows from it is still owed', async () => {
    expect(await refused(own, 2)).toEqual({ state: 'done', committed: own });
  });

  it.each([
    ['that was not tried before', own, 1],
    ['of the same version by another', { ...own, appliedAt: '2026-11-21T10:00:00.001Z' }, 2],
    ['of another version', { ...own, version: 3 }, 2],
  ])('is told from one %s', async (_, stands, attempts) => {
    expect(await refused(stands, attempts)).toMatchObject({ state: 'moved', cursor: { version: stands.version } });
  });
});
