import { subscriberFunctions } from '@rollcall/kit/messaging';
import { contextOf } from '../../shared/context.ts';
import { createDispatcher } from './dispatcher.ts';
import { dispatcherSettings } from './settings.ts';
import { tripConsumer } from './trips.consumer.ts';

export const { consume, sweep } = subscriberFunctions(tripConsumer, (context) => {
  const dispatcher = createDispatcher({ client: context.client, ...dispatcherSettings() });
  return {
    'rides.trip.requested.v1': (message) => ({
      call: async () => void (await dispatcher.begin(message.data, contextOf(message, context))),
    }),
  };
});
