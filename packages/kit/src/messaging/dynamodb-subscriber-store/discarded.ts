import { itemOfFailedCondition, transact } from '../../aws/transact.ts';
import { DISCARDED, keyUnder, PARKED, PARKED_AGGREGATE, versionUnder } from '../../contracts/subscriber-table.ts';
import type { TransactItem } from '../outbox.ts';
import type { ParkedKey, SubscriberStore } from '../subscriber-store.ts';
import { itemsUnder, type SubscriberTable } from './table.ts';
import { removingUnsent } from './unsent.ts';

/**
 * A no-op write that fails if the message is no longer parked. A ConditionCheck would require another IAM permission.
 */
const failUnlessParked = (tableName: string, key: ParkedKey): TransactItem => ({
  Update: {
    TableName: tableName,
    Key: keyUnder(PARKED, key),
    UpdateExpression: `SET ${PARKED_AGGREGATE} = :aggregate`,
    ConditionExpression: 'attribute_exists(pk)',
    ExpressionAttributeValues: { ':aggregate': key.aggregateId },
  },
});

/** Creates the operations on messages that an operator discarded, with or without skipping their versions. */
export function createDiscarded(
  table: SubscriberTable,
  commit: SubscriberStore['commit'],
): Pick<SubscriberStore, 'discard' | 'isGivenUp'> {
  const { client, tableName } = table;
  return {
    async discard(message, move, rival) {
      const { aggregateId, ...rest } = message;
      const record = { ...keyUnder(DISCARDED, message), ...rest, ...(move && { skipped: true }) };
      const putRecord = { Put: { TableName: tableName, Item: record } };
      const unpark = { TableName: tableName, Key: keyUnder(PARKED, message) };
      if (move) return commit(aggregateId, move.after, move.next, { writes: [putRecord, { Delete: unpark }] });
      // Since the message was read, an operator may have discarded it and skipped its version. The condition ensures
      // that the record of that discard is not overwritten.
      const unparkIfParked = { Delete: { ...unpark, ConditionExpression: 'attribute_exists(pk)' } };
      const unsent = message.reason === 'unsent' && { Update: removingUnsent(table, message) };
      try {
        await transact(client, [
          putRecord,
          unparkIfParked,
          ...(rival ? [failUnlessParked(tableName, rival)] : []),
          ...(unsent ? [unsent] : []),
        ]);
        return { state: 'done' };
      } catch (error) {
        if (itemOfFailedCondition(error, 1) || (rival && itemOfFailedCondition(error, 2)))
          return { state: 'moved', cursor: undefined };
        throw error;
      }
    },

    async isGivenUp({ aggregateId, version, messageId: id }) {
      for await (const { Items = [] } of itemsUnder(table, aggregateId, versionUnder(DISCARDED, version))) {
        if (Items.some(({ skipped, messageId }) => skipped || messageId === id)) return true;
      }
      return false;
    },
  };
}
