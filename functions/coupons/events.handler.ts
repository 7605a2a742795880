import { subscriberFunctions } from '@rollcall/kit/messaging';
import { couponsHandlers } from './coupons.ts';
import { eventConsumer } from './events.consumer.ts';

export const { consume, sweep } = subscriberFunctions(eventConsumer, couponsHandlers);
