import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { GetCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import type { Place } from '../message.ts';
import type { SubscriberStore } from '../subscriber-store.ts';
import type { SubscriberTable } from './table.ts';

/** What an effect still has to send is an attribute of the cursor's item, so that it costs no transaction. */
export const unsentAttribute = ({ version }: { version: number }) => `unsent#${version}`;

/** Takes away what an effect had to send. */
export const forgetting = ({ tableName, cursorKey }: SubscriberTable, { aggregateId, version }: Place) => ({
  TableName: tableName,
  Key: { pk: aggregateId, sk: cursorKey },
  UpdateExpression: 'REMOVE #unsent',
  ExpressionAttributeNames: { '#unsent': unsentAttribute({ version }) },
});

/** What effects had to send and nobody has confirmed yet. */
export function createUnsent(table: SubscriberTable): Pick<SubscriberStore, 'unsent' | 'sent'> {
  const { client, tableName, cursorKey } = table;
  return {
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
      const update = forgetting(table, place);
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
  };
}
