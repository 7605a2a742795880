import { type Handlers, TransientError } from '@rollcall/kit/messaging';
import type { RemoteService } from '@rollcall/kit/resilience';
import { contextOf } from '../../shared/context.ts';
import type { requestConsumer } from './requests.consumer.ts';
import type { Trips } from './store.ts';
import { begin } from './trip.ts';

export interface RequestOptions {
  mayRide: RemoteService<string, boolean>;
  trips: Pick<Trips, 'create'>;
  now: () => Date;
  newId: () => string;
}

/** Creates the trip that a passenger requested. If a trip with the ID exists, an earlier attempt created it. */
export const requestHandlers = ({
  mayRide,
  trips,
  now,
  newId,
}: RequestOptions): Handlers<(typeof requestConsumer.reads)[number]> => ({
  'rides.trip.request.v1': (message) => ({
    async call() {
      const { tripId, passengerId } = message.data;
      const decision = begin(message.data, await mayRide(passengerId));
      const { result } = await trips.create(tripId, decision, contextOf(message, { now, newId }));
      if (result === 'busy') throw new TransientError(`other requests are changing trip ${tripId}`);
      return undefined;
    },
  }),
});
