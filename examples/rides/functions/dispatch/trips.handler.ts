import { subscriberFunctions } from '@rollcall/kit/messaging';
import { contextOf } from '../../shared/context.ts';
import { createDesk } from './desk.ts';
import { deskSettings } from './settings.ts';
import { tripConsumer } from './trips.consumer.ts';

export const { consume, sweep } = subscriberFunctions(tripConsumer, (given) => {
  const desk = createDesk({ client: given.client, ...deskSettings() });
  return {
    'rides.trip.requested.v1': (message) => ({
      call: async () => void (await desk.begin(message.data, contextOf(message, given))),
    }),
  };
});
