import { subscriberFunctions } from '../../shared/messaging/subscriber-functions.ts';
import { configuredProvider } from './configured-provider.ts';
import { CONTACT, contracts, welcomeHandlers } from './welcome.ts';

export const { consume, sweep, deadLetters } = subscriberFunctions({
  service: 'sms',
  cursorKey: CONTACT,
  contracts,
  handlers: ({ correspondence, now }) => welcomeHandlers({ provider: configuredProvider(), correspondence, now }),
});
