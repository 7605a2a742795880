import { createDynamoDB, readEnvironment, text } from '@rollcall/kit/aws';
import { busy, causeOf, json, jsonEndpoint, pathId } from '@rollcall/kit/http';
import { createObservability } from '@rollcall/kit/observability';
import { v7 as newId } from 'uuid';
import * as z from 'zod';
import { requireCaller } from '../../shared/caller.ts';
import { driverAnswer } from '../../shared/routes.ts';
import { createAnswers } from './store.ts';

const tables = readEnvironment(z.object({ DRIVER_TABLE: text, OUTBOX_TABLE: text }));
const answers = createAnswers({ client: createDynamoDB(), ...tables });

/** Stores a driver's answer. The dispatch service decides later whether the answer was in time. */
export const answer = jsonEndpoint(createObservability('driver').logger, driverAnswer, async (event, body) => {
  const driverId = pathId(event, 'driver');
  requireCaller(event, driverId);
  const result = await answers.store(driverId, body, { ...causeOf(event), now: new Date(), newId });
  if (result === 'busy') throw busy('Try again.');
  return json(202, body);
});
