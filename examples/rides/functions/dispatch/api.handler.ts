import { createDynamoDB, readEnvironment, text } from '@rollcall/kit/aws';
import { jsonEndpoint, pathId } from '@rollcall/kit/http';
import { createObservability } from '@rollcall/kit/observability';
import * as z from 'zod';
import { requireCaller } from '../../shared/caller.ts';
import { position as place } from '../../shared/routes.ts';
import { createDrivers } from './drivers.ts';

const { DRIVERS_TABLE: tableName } = readEnvironment(z.object({ DRIVERS_TABLE: text }));
const drivers = createDrivers({ client: createDynamoDB(), tableName });

/** Stores a position with one write and no message, because only the last position matters. */
export const position = jsonEndpoint(createObservability('dispatch').logger, place, async (event, body) => {
  const id = pathId(event, 'driver');
  requireCaller(event, id);
  await drivers.move(id, body, new Date());
  return { statusCode: 204 };
});
