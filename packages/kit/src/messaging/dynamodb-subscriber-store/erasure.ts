import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { DISCARDED, PARKED } from '../../contracts/subscriber-table.ts';
import type { SubscriberStore } from '../subscriber-store.ts';
import { itemsUnder, type SubscriberTable } from './table.ts';

/** Creates the operation that deletes the content of the discarded and parked messages of an erased aggregate. */
export function createErasure(table: SubscriberTable): Pick<SubscriberStore, 'eraseLeft'> {
  const { client, tableName } = table;

  async function eraseBody(key: { pk: string; sk: string }): Promise<void> {
    try {
      await client.send(
        new UpdateCommand({
          TableName: tableName,
          Key: key,
          UpdateExpression: 'SET body = :nothing REMOVE #error',
          // The message may have been removed in the meantime.
          ConditionExpression: 'attribute_exists(pk)',
          ExpressionAttributeNames: { '#error': 'error' },
          ExpressionAttributeValues: { ':nothing': '' },
        }),
      );
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
    }
  }

  return {
    async eraseLeft(aggregateId, but) {
      for (const prefix of [DISCARDED, PARKED]) {
        for await (const { Items = [] } of itemsUnder(table, aggregateId, prefix)) {
          for (const { pk, sk, messageId } of Items) {
            if (messageId === but) continue;
            await eraseBody({ pk, sk });
          }
        }
      }
    },
  };
}
