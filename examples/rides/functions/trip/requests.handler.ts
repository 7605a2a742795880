import { readEnvironment, text } from '@rollcall/kit/aws';
import { subscriberFunctions } from '@rollcall/kit/messaging';
import { createObservability } from '@rollcall/kit/observability';
import * as z from 'zod';
import { remoteService } from '../../shared/remote-service.ts';
import { fetchPermission } from './fetch-permission.ts';
import { requestConsumer } from './requests.consumer.ts';
import { requestHandlers } from './requests.ts';
import { createTrips } from './store.ts';

const { PASSENGER_API, ...tables } = readEnvironment(
  z.object({ PASSENGER_API: z.url(), TRIP_TABLE: text, OUTBOX_TABLE: text }),
);

export const { consume, sweep } = subscriberFunctions(requestConsumer, ({ client, now, newId }) =>
  requestHandlers({
    mayRide: remoteService({
      name: 'passenger-service',
      call: fetchPermission(PASSENGER_API),
      logger: createObservability('trip').logger,
    }),
    trips: createTrips({ client, ...tables }).trips,
    now,
    newId,
  }),
);
