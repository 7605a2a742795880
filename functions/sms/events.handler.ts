import { subscriberFunctions } from '@rollcall/kit/messaging/subscriber-functions';
import { memberEvents } from '../../shared/contracts/channels.ts';
import { configuredTexting } from './configured-texting.ts';
import { CONTACT, contracts, welcomeHandlers } from './welcome.ts';

export const { consume, sweep } = subscriberFunctions({
  service: 'sms',
  capability: 'sms',
  channel: memberEvents,
  cursorKey: CONTACT,
  contracts,
  handlers: ({ correspondence, now, mode }) => welcomeHandlers({ ...configuredTexting({ mode }), correspondence, now }),
});
