import { createDynamoDB, readEnvironment, text } from '@rollcall/kit/aws';
import { endpoint, json, notFound, pathId, pathOf } from '@rollcall/kit/http';
import { createObservability } from '@rollcall/kit/observability';
import * as z from 'zod';
import { requireCaller } from '../../shared/caller.ts';
import { tripRoutes } from '../../shared/routes.ts';
import { createTrips, type TripOutcome } from './store.ts';

const tables = readEnvironment(z.object({ TRIP_TABLE: text, OUTBOX_TABLE: text }));
const { logger } = createObservability('trip');
const { trips, outcomeOf } = createTrips({ client: createDynamoDB(), ...tables });

/** The last outcome of a trip, or the trip's initial state if the trip has no outcome. */
const stateOf = (initial: string, outcome: TripOutcome): string =>
  (['completed', 'assigned', 'unserved'] as const).find((state) => outcome[state]) ?? initial;

export const read = endpoint(logger, async (event) => {
  const id = pathId(event, 'trip');
  const [trip, outcome] = await Promise.all([trips.read(id), outcomeOf(id)]);
  if (!trip) throw notFound(`trip ${id}`);
  requireCaller(event, trip.passengerId);
  const { passengerId, from, to, state } = trip;
  return json(200, {
    ...{ id, passengerId, from, to, state: stateOf(state, outcome), driverId: outcome.driverId },
    _links: { self: { href: pathOf(tripRoutes.read, { id }) } },
  });
});
