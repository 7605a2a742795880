import { subscriberFunctions } from '@rollcall/kit/messaging';
import { createPush } from '../../shared/push.ts';
import { eventConsumer } from './events.consumer.ts';
import { tellPassenger } from './tell.ts';

export const { consume, sweep } = subscriberFunctions(eventConsumer, () => {
  const tell = tellPassenger(createPush('notification'));
  return {
    'rides.dispatch.offered.v1': (message) => (message.data.round === 0 ? {} : tell(message, 'asking-on')),
    'rides.dispatch.assigned.v1': (message) => tell(message, 'assigned', { driverId: message.data.driverId }),
    'rides.dispatch.unserved.v1': (message) => tell(message, 'unserved'),
    'rides.dispatch.completed.v1': (message) => tell(message, 'completed'),
  };
});
