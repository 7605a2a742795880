import { subscriberFunctions } from '@rollcall/kit/messaging';
import { eventConsumer } from './events.consumer.ts';
import { journeyHandlers } from './journey.ts';

export const { consume, sweep } = subscriberFunctions(eventConsumer, journeyHandlers);
