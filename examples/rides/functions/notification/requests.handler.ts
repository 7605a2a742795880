import { subscriberFunctions } from '@rollcall/kit/messaging';
import { createPush } from '../../shared/push.ts';
import { notifyPassenger } from './notify.ts';
import { requestConsumer } from './requests.consumer.ts';

export const { consume, sweep } = subscriberFunctions(requestConsumer, () => {
  const notify = notifyPassenger(createPush('notification'));
  return { 'rides.notification.refused.v1': (message) => notify(message, 'refused') };
});
