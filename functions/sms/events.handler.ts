import { subscriberFunctions } from '@rollcall/kit/messaging/subscriber-functions';
import type { Capability } from '../../shared/config/capabilities.ts';
import { memberEvents } from '../../shared/contracts/channels.ts';
import { configuredTexting } from './configured-texting.ts';
import { CONTACT, contracts, welcomeHandlers } from './welcome.ts';

export const { consume, sweep } = subscriberFunctions({
  service: 'sms',
  capability: 'sms' satisfies Capability,
  channel: memberEvents,
  cursorKey: CONTACT,
  contracts,
  handlers: ({ correspondence, now, mode }) => welcomeHandlers({ ...configuredTexting({ mode }), correspondence, now }),
});
