import { DeleteCommand, type DynamoDBDocumentClient, paginateQuery } from '@aws-sdk/lib-dynamodb';
import pMap from 'p-map';

/** The index by `memberId`, an attribute that only operations have. */
const OF_MEMBER = 'of-member';

/**
 * Creates a function that deletes the operations of an erased member. Concurrent calls for one member share a deletion.
 */
export function createOperationsErasure({
  client,
  membersTable,
}: {
  client: DynamoDBDocumentClient;
  membersTable: string;
}) {
  async function erase(memberId: string): Promise<void> {
    const pages = paginateQuery(
      { client },
      {
        TableName: membersTable,
        IndexName: OF_MEMBER,
        KeyConditionExpression: 'memberId = :member',
        ExpressionAttributeValues: { ':member': memberId },
      },
    );
    for await (const { Items = [] } of pages) {
      await pMap(Items, ({ pk }) => client.send(new DeleteCommand({ TableName: membersTable, Key: { pk } })), {
        concurrency: 10,
      });
    }
  }

  const runs = new Map<string, Promise<void>>();
  return (memberId: string): Promise<void> => {
    const run = runs.get(memberId) ?? erase(memberId).finally(() => runs.delete(memberId));
    runs.set(memberId, run);
    return run;
  };
}
