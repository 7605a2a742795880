import { type Message, subscriberFunctions } from '@rollcall/kit/messaging';
import { contextOf } from '../../shared/context.ts';
import type { accept, complete, decline } from '../../shared/dispatch-channels.ts';
import { answerConsumer } from './answers.consumer.ts';
import { createDispatcher, type Dispatcher } from './dispatcher.ts';
import { dispatcherSettings } from './settings.ts';

type Answer = Message<typeof accept | typeof decline | typeof complete>;

export const { consume, sweep } = subscriberFunctions(answerConsumer, (context) => {
  const dispatcher = createDispatcher({ client: context.client, ...dispatcherSettings() });
  const handle = (action: keyof Pick<Dispatcher, 'accept' | 'decline' | 'complete'>) => (message: Answer) => ({
    call: async () =>
      void (await dispatcher[action](message.data.tripId, message.data.driverId, contextOf(message, context))),
  });
  return {
    'rides.offer.accept.v1': handle('accept'),
    'rides.offer.decline.v1': handle('decline'),
    'rides.trip.complete.v1': handle('complete'),
    'rides.offer.expire.v1': (message) => ({
      call: async () =>
        void (await dispatcher.expire(message.data.tripId, message.data.round, contextOf(message, context))),
    }),
  };
});
