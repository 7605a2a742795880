import { type DynamoDBDocumentClient, GetCommand } from '@aws-sdk/lib-dynamodb';
import { createPublisher } from '@rollcall/kit/messaging';
import { tripEvents } from '../../shared/trip-channels.ts';
import type { CreatedTrip } from './trip.ts';

/** The key of a trip's outcomes. A separate item stores them, because the item of the trip is written as a whole. */
export const outcomeKey = (tripId: string) => ({ pk: `outcome#${tripId}` });

export interface TripOutcome {
  driverId?: string;
  assigned?: true;
  unserved?: true;
  completed?: true;
}

export type Trips = ReturnType<typeof createTrips>['trips'];

export function createTrips(options: { client: DynamoDBDocumentClient; TRIP_TABLE: string; OUTBOX_TABLE: string }) {
  const { client, TRIP_TABLE: table, OUTBOX_TABLE: outboxTable } = options;
  return {
    trips: createPublisher<CreatedTrip, typeof tripEvents>(tripEvents, { client, table, outboxTable }),
    async outcomeOf(tripId: string): Promise<TripOutcome> {
      const { Item } = await client.send(new GetCommand({ TableName: table, Key: outcomeKey(tripId) }));
      return Item ?? {};
    },
  };
}
