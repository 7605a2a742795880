import { paginateQuery, paginateScan } from '@aws-sdk/lib-dynamodb';
import { DISCARDED, PARKED, PARKED_INDEX } from '@rollcall/kit/internal/contracts/subscriber-table';
import { parkedMessageOf } from '@rollcall/kit/internal/messaging/dynamodb-subscriber-store/parked';
import type { DiscardedMessage, ParkedMessage } from '@rollcall/kit/internal/messaging/subscriber-store';
import type { StageClients } from './clients.ts';

/** All parked messages of a subscriber, page by page. */
export async function* parkedBy({ dynamodb, table }: StageClients, subscriber: string): AsyncIterable<ParkedMessage[]> {
  const pages = paginateScan({ client: dynamodb }, { TableName: table(subscriber), IndexName: PARKED_INDEX });
  for await (const { Items = [] } of pages) yield Items.map(parkedMessageOf);
}

/**
 * A subscriber's parked and discarded messages of an aggregate.
 * @param aggregateId for unreadable messages: the name of their queue
 */
export async function parkedOf(
  { dynamodb, table }: StageClients,
  subscriber: string,
  aggregateId: string,
): Promise<Array<ParkedMessage | DiscardedMessage>> {
  const found: ParkedMessage[] = [];
  for (const prefix of [DISCARDED, PARKED]) {
    const pages = paginateQuery(
      { client: dynamodb },
      {
        TableName: table(subscriber),
        ConsistentRead: true,
        KeyConditionExpression: 'pk = :pk AND begins_with(sk, :prefix)',
        ExpressionAttributeValues: { ':pk': aggregateId, ':prefix': prefix },
      },
    );
    for await (const { Items = [] } of pages) found.push(...Items.map(parkedMessageOf));
  }
  return found;
}
