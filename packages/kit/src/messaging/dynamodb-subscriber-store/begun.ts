import { DeleteCommand, GetCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { BEGUN, keyUnder } from '../../contracts/subscriber-table.ts';
import type { SubscriberStore } from '../subscriber-store.ts';
import type { SubscriberTable } from './table.ts';

/** Creates the operations on attempts that have begun and have not ended. */
export const createBegun = ({
  client,
  tableName,
}: SubscriberTable): Pick<SubscriberStore, 'begin' | 'begun' | 'end'> => ({
  async begin(key) {
    const { Attributes } = await client.send(
      new UpdateCommand({
        TableName: tableName,
        Key: keyUnder(BEGUN, key),
        UpdateExpression: 'ADD tries :one',
        ExpressionAttributeValues: { ':one': 1 },
        ReturnValues: 'ALL_NEW',
      }),
    );
    return Attributes?.tries - 1;
  },

  async begun(key) {
    const { Item } = await client.send(
      new GetCommand({ TableName: tableName, Key: keyUnder(BEGUN, key), ConsistentRead: true }),
    );
    return Item?.tries ?? 0;
  },

  async end(key) {
    await client.send(new DeleteCommand({ TableName: tableName, Key: keyUnder(BEGUN, key) }));
  },
});
