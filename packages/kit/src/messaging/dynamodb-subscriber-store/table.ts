import { type DynamoDBDocumentClient, paginateQuery } from '@aws-sdk/lib-dynamodb';

/** A subscriber's own table. Layout: contracts/subscriber-table.ts. */
export interface SubscriberTable {
  client: DynamoDBDocumentClient;
  tableName: string;
  /** Sort key of the item that contains the cursor: an item that most effects update anyway. */
  cursorKey: string;
}

/** The items of an aggregate whose sort keys have this prefix, page by page. */
export const itemsUnder = ({ client, tableName }: SubscriberTable, aggregateId: string, prefix: string) =>
  paginateQuery(
    { client },
    {
      TableName: tableName,
      ConsistentRead: true,
      KeyConditionExpression: 'pk = :pk AND begins_with(sk, :prefix)',
      ExpressionAttributeValues: { ':pk': aggregateId, ':prefix': prefix },
    },
  );
