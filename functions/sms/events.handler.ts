import { subscriberFunctions } from '@rollcall/kit/messaging';
import { configuredTexting } from './configured-texting.ts';
import { eventConsumer } from './events.consumer.ts';
import { welcomeHandlers } from './welcome.ts';

export const { consume, sweep } = subscriberFunctions(eventConsumer, (context) =>
  welcomeHandlers({ ...configuredTexting(context), ...context }),
);
