import { type DynamoDBDocumentClient, paginateQuery } from '@aws-sdk/lib-dynamodb';

/** A subscriber's own table: contracts/subscriber-table.ts says how it is laid out. */
export interface SubscriberTable {
  client: DynamoDBDocumentClient;
  tableName: string;
  /** Sort key of the item that carries the cursor: one that most effects update anyway. */
  cursorKey: string;
}

/** What an aggregate has under sort keys that begin like this, page by page. */
export const itemsUnder = ({ client, tableName }: SubscriberTable, aggregateId: string, beginning: string) =>
  paginateQuery(
    { client },
    {
      TableName: tableName,
      ConsistentRead: true,
      KeyConditionExpression: 'pk = :pk AND begins_with(sk, :beginning)',
      ExpressionAttributeValues: { ':pk': aggregateId, ':beginning': beginning },
    },
  );
