import { createDynamoDB, readEnvironment, text } from '@rollcall/kit/aws';
import { busy, causeOf, endpoint, json, jsonEndpoint, Problem, pathId, pathOf } from '@rollcall/kit/http';
import { createObservability } from '@rollcall/kit/observability';
import { v7 as newId } from 'uuid';
import * as z from 'zod';
import { requireCaller } from '../../shared/caller.ts';
import { newPassenger, tripRequest, tripRoutes } from '../../shared/routes.ts';
import { createPassengers } from './store.ts';

const tables = readEnvironment(z.object({ PASSENGER_TABLE: text, OUTBOX_TABLE: text }));
const { logger } = createObservability('passenger');
const passengers = createPassengers({ client: createDynamoDB(), ...tables });

export const register = jsonEndpoint(logger, newPassenger, async (event, body) => {
  requireCaller(event, undefined);
  const id = pathId(event, 'passenger');
  await passengers.register(id, body);
  return json(200, { id, ...body });
});

export const permission = endpoint(logger, async (event) =>
  json(200, { mayRide: await passengers.mayRide(pathId(event, 'passenger')) }),
);

/** Responds as soon as the request is committed. The trip service processes the request later. */
export const ask = jsonEndpoint(logger, tripRequest, async (event, body) => {
  requireCaller(event, body.passengerId);
  const tripId = pathId(event, 'trip');
  const result = await passengers.request({ tripId, ...body }, { ...causeOf(event), now: new Date(), newId });
  if (result === 'busy') throw busy('Try again.');
  if (result === 'taken')
    throw new Problem({ code: 'taken', status: 409 }, 'Another passenger has requested a trip with this ID.');
  const self = pathOf(tripRoutes.read, { id: tripId });
  return json(202, { id: tripId, _links: { self: { href: self } } }, { location: self });
});
