import { subscriberFunctions } from '@rollcall/kit/messaging';
import { createPush } from '../../shared/push.ts';
import { requestConsumer } from './requests.consumer.ts';
import { tellPassenger } from './tell.ts';

export const { consume, sweep } = subscriberFunctions(requestConsumer, () => {
  const tell = tellPassenger(createPush('notification'));
  return { 'rides.notification.refused.v1': (message) => tell(message, 'refused') };
});
