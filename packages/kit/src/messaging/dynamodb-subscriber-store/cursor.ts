import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { GetCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import type { Cursor } from '../cursor.ts';
import type { Effect, Lease, SubscriberStore } from '../subscriber-store.ts';
import { type CursorUpdate, createClaim, cursorOf } from './claim.ts';
import type { SubscriberTable } from './table.ts';
import { unsentAttribute } from './unsent.ts';

const cursorIsAt = (after: number) =>
  after === 0 ? 'attribute_not_exists(#version)' : '#version = :after AND attribute_not_exists(erased)';

/** The update that writes the effect, moves the cursor and ends the lease. */
function moveOf(after: number, next: Cursor, effect: Effect): CursorUpdate {
  const { send = [] } = effect;
  const set = Object.entries({
    ...effect.set,
    version: next.version,
    ...(next.baseline && { baseline: next.baseline }),
    ...(next.erased && { erased: true }),
    ...(send.length > 0 && { [unsentAttribute(next)]: send }),
  });
  const remove = [...(effect.remove ?? []), 'leasedUntil', 'leasedBy', 'inDoubt'];
  return {
    UpdateExpression: `SET ${set.map((_, i) => `#s${i} = :s${i}`).join(', ')} REMOVE ${remove.map((_, i) => `#r${i}`).join(', ')}`,
    ConditionExpression: cursorIsAt(after),
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
  };
}

const leaseOf = (after: number, { owner, from, until }: Lease): CursorUpdate => ({
  UpdateExpression: 'SET leasedUntil = :until, leasedBy = :owner',
  // The same lease may exist already, from an earlier attempt of the SDK whose response was lost.
  ConditionExpression: `${cursorIsAt(after)} AND (attribute_not_exists(leasedUntil) OR leasedUntil < :from OR leasedBy = :owner)`,
  ExpressionAttributeNames: { '#version': 'version' },
  ExpressionAttributeValues: {
    ...(after > 0 && { ':after': after }),
    ':until': until.toISOString(),
    ':from': from.toISOString(),
    ':owner': owner,
  },
  ReturnValues: 'ALL_OLD',
});

/** Creates the operations on the item that contains an aggregate's cursor and the lease on the next version. */
export function createCursor(
  table: SubscriberTable,
): Pick<SubscriberStore, 'commit' | 'lease' | 'release' | 'cursor' | 'state'> {
  const { client, tableName, cursorKey } = table;
  const claim = createClaim(table);

  async function itemOf(aggregateId: string): Promise<Record<string, unknown>> {
    const { Item = {} } = await client.send(
      new GetCommand({ TableName: tableName, Key: { pk: aggregateId, sk: cursorKey }, ConsistentRead: true }),
    );
    return Item;
  }

  return {
    commit: (aggregateId, after, next, effect) =>
      claim(aggregateId, {
        update: moveOf(after, next, effect),
        ...(effect.writes && { writes: effect.writes }),
        read: (committed) => ({ state: 'done', committed }),
        // If the response is lost, the SDK's retry fails, because an earlier attempt has moved the cursor. Updates have
        // no idempotency token with which DynamoDB could recognise the retry.
        isOwn: ({ version, appliedAt }) =>
          version === next.version && appliedAt !== undefined && appliedAt === effect.set?.appliedAt,
      }),

    lease: (aggregateId, after, lease) =>
      claim(aggregateId, {
        update: leaseOf(after, lease),
        read: (before) => {
          const isHeldByOther = before.leasedBy !== undefined && before.leasedBy !== lease.owner;
          return isHeldByOther || before.inDoubt === true ? { state: 'done', outcomeUnknown: true } : { state: 'done' };
        },
      }),

    async release(aggregateId, { owner }, outcomeUnknown) {
      try {
        await client.send(
          new UpdateCommand({
            TableName: tableName,
            Key: { pk: aggregateId, sk: cursorKey },
            UpdateExpression: `${outcomeUnknown ? 'SET inDoubt = :yes ' : ''}REMOVE leasedUntil, leasedBy`,
            ConditionExpression: 'leasedBy = :owner',
            ExpressionAttributeValues: { ':owner': owner, ...(outcomeUnknown && { ':yes': true }) },
          }),
        );
      } catch (error) {
        if (!(error instanceof ConditionalCheckFailedException)) throw error;
      }
    },

    async cursor(aggregateId) {
      return cursorOf(await itemOf(aggregateId));
    },

    async state(aggregateId) {
      const state = await itemOf(aggregateId);
      return { cursor: cursorOf(state), state };
    },
  };
}
