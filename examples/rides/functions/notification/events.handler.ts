import { subscriberFunctions } from '@rollcall/kit/messaging';
import { createPush } from '../../shared/push.ts';
import { eventConsumer } from './events.consumer.ts';
import { notifyPassenger } from './notify.ts';

export const { consume, sweep } = subscriberFunctions(eventConsumer, () => {
  const notify = notifyPassenger(createPush('notification'));
  return {
    'rides.dispatch.offered.v1': (message) => (message.data.round === 0 ? {} : notify(message, 'still-searching')),
    'rides.dispatch.assigned.v1': (message) => notify(message, 'assigned', { driverId: message.data.driverId }),
    'rides.dispatch.unserved.v1': (message) => notify(message, 'unserved'),
    'rides.dispatch.completed.v1': (message) => notify(message, 'completed'),
  };
});
