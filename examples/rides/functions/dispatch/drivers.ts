import { type DynamoDBDocumentClient, QueryCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import type { TransactItem } from '@rollcall/kit/messaging';
import type { Place } from '../../shared/place.ts';
import { cellOf, cellsAround, metresBetween } from './geo.ts';

/** Drivers who reported no position for this long get no offers. */
const MAX_REPORT_AGE_MS = 5 * 60_000;

export interface Near {
  driverId: string;
  metres: number;
}

export type Drivers = ReturnType<typeof createDrivers>;

/** Stores the position and the trip of each driver. */
export function createDrivers({ client, tableName: TableName }: { client: DynamoDBDocumentClient; tableName: string }) {
  /**
   * The free drivers of a cell. Reads only one page of the query's results. A page can contain thousands of drivers.
   * The index is eventually consistent, so `assign` checks that a driver is free.
   */
  async function freeIn(cell: string, now: Date): Promise<Array<{ pk: string } & Place>> {
    const { Items = [] } = await client.send(
      new QueryCommand({
        TableName,
        IndexName: 'cells',
        KeyConditionExpression: 'cell = :cell AND heardAt > :since',
        FilterExpression: 'attribute_not_exists(tripId)',
        ExpressionAttributeValues: {
          ':cell': cell,
          ':since': new Date(now.getTime() - MAX_REPORT_AGE_MS).toISOString(),
        },
      }),
    );
    return Items as Array<{ pk: string } & Place>;
  }

  const changeTrip = (
    driverId: string,
    tripId: string,
    UpdateExpression: string,
    ConditionExpression: string,
  ): TransactItem => ({
    Update: {
      ...{ TableName, Key: { pk: driverId }, UpdateExpression, ConditionExpression },
      ExpressionAttributeValues: { ':trip': tripId },
    },
  });

  return {
    async move(driverId: string, { lat, lng }: Place, now: Date): Promise<void> {
      await client.send(
        new UpdateCommand({
          TableName,
          Key: { pk: driverId },
          UpdateExpression: 'SET cell = :cell, lat = :lat, lng = :lng, heardAt = :now',
          ExpressionAttributeValues: {
            ':cell': cellOf({ lat, lng }),
            ...{ ':lat': lat, ':lng': lng, ':now': now.toISOString() },
          },
        }),
      );
    },

    /** The free drivers in the cells around a place, the nearest first. */
    async near(place: Place, rings: number, now: Date): Promise<Near[]> {
      const found = await Promise.all(cellsAround(place, rings).map((cell) => freeIn(cell, now)));
      return found
        .flat()
        .map(({ pk, lat, lng }) => ({ driverId: pk, metres: metresBetween(place, { lat, lng }) }))
        .toSorted((one, other) => one.metres - other.metres);
    },

    /**
     * Assigns a trip to a driver. The transaction fails if the driver already has a trip. This prevents two trips at a
     * time.
     */
    assign: (driverId: string, tripId: string) =>
      changeTrip(driverId, tripId, 'SET tripId = :trip', 'attribute_not_exists(tripId)'),

    /** Removes the assignment. The transaction fails if the driver does not have this trip. */
    unassign: (driverId: string, tripId: string) => changeTrip(driverId, tripId, 'REMOVE tripId', 'tripId = :trip'),
  };
}
