import { type DynamoDBDocumentClient, GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import { type CommandContext, createOutboxWriter, draftTo } from '@rollcall/kit/messaging';
import type * as z from 'zod';
import type { Trip } from '../../shared/place.ts';
import type { newPassenger } from '../../shared/routes.ts';
import { requestTrip, tripRequests } from '../../shared/trip-channels.ts';

export interface PassengersOptions {
  client: DynamoDBDocumentClient;
  PASSENGER_TABLE: string;
  OUTBOX_TABLE: string;
}

export function createPassengers({ client, PASSENGER_TABLE: TableName, OUTBOX_TABLE: outboxTable }: PassengersOptions) {
  const writer = createOutboxWriter({ client, outboxTable, source: '/rides/passenger', countersTable: TableName });
  return {
    async register(id: string, passenger: z.output<typeof newPassenger>): Promise<void> {
      await client.send(new PutCommand({ TableName, Item: { pk: id, ...passenger } }));
    },

    async mayRide(id: string): Promise<boolean> {
      const { Item } = await client.send(new GetCommand({ TableName, Key: { pk: id }, ConsistentRead: true }));
      return Item !== undefined && !Item.blocked;
    },

    /** Stores the request and sends the command to the trip service, in one transaction. */
    async request(trip: Trip, context: CommandContext): Promise<'done' | 'taken' | 'busy'> {
      const { tripId, passengerId } = trip;
      const committed = await writer.commit(
        {
          put: {
            TableName,
            Item: { pk: `asked#${tripId}`, passengerId },
            ConditionExpression: 'attribute_not_exists(pk)',
          },
          send: [draftTo(tripRequests, requestTrip, trip)],
        },
        context,
      );
      if (committed.result === 'done') return 'done';
      if (committed.result === 'stale') return committed.item?.passengerId === passengerId ? 'done' : 'taken';
      return 'busy';
    },
  };
}
