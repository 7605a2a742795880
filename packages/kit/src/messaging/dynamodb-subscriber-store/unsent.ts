import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { GetCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import type { MessagePosition } from '../message.ts';
import type { SubscriberStore } from '../subscriber-store.ts';
import type { SubscriberTable } from './table.ts';

/**
 * The unsent messages of an effect are an attribute of the item that contains the cursor, so that an effect without
 * further writes needs no transaction.
 */
export const unsentAttribute = ({ version }: { version: number }) => `unsent#${version}`;

/** An update that removes the stored messages of an effect. */
export const removingUnsent = (
  { tableName, cursorKey }: SubscriberTable,
  { aggregateId, version }: MessagePosition,
) => ({
  TableName: tableName,
  Key: { pk: aggregateId, sk: cursorKey },
  UpdateExpression: 'REMOVE #unsent',
  ExpressionAttributeNames: { '#unsent': unsentAttribute({ version }) },
});

/** Creates the operations on the messages of effects that SNS or SQS has not confirmed yet. */
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

    async sent(position, left) {
      const update = removingUnsent(table, position);
      try {
        await client.send(
          new UpdateCommand(
            left.length === 0
              ? update
              : {
                  ...update,
                  UpdateExpression: 'SET #unsent = :left',
                  // An operator may have discarded the message in the meantime.
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
