import { type Message, subscriberFunctions } from '@rollcall/kit/messaging';
import { contextOf } from '../../shared/context.ts';
import type { accept, complete, decline } from '../../shared/dispatch-channels.ts';
import { answerConsumer } from './answers.consumer.ts';
import { createDesk, type Desk } from './desk.ts';
import { deskSettings } from './settings.ts';

type Answer = Message<typeof accept | typeof decline | typeof complete>;

export const { consume, sweep } = subscriberFunctions(answerConsumer, (given) => {
  const desk = createDesk({ client: given.client, ...deskSettings() });
  const does = (what: keyof Pick<Desk, 'accept' | 'decline' | 'complete'>) => (message: Answer) => ({
    call: async () => void (await desk[what](message.data.tripId, message.data.driverId, contextOf(message, given))),
  });
  return {
    'rides.offer.accept.v1': does('accept'),
    'rides.offer.decline.v1': does('decline'),
    'rides.trip.complete.v1': does('complete'),
    'rides.offer.expire.v1': (message) => ({
      call: async () => void (await desk.expire(message.data.tripId, message.data.round, contextOf(message, given))),
    }),
  };
});
