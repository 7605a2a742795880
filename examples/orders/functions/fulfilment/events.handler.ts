import { createClaimCheck, subscriberFunctions } from '@rollcall/kit/messaging';
import { eventConsumer } from './events.consumer.ts';
import { fulfilmentHandlers } from './fulfilment.ts';

export const { consume, sweep } = subscriberFunctions(eventConsumer, fulfilmentHandlers, {
  claimCheck: createClaimCheck(),
});
