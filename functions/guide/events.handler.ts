import { subscriberFunctions } from '@rollcall/kit/messaging/subscriber-functions';
import type { Capability } from '../../shared/config/capabilities.ts';
import { memberEvents } from '../../shared/contracts/channels.ts';
import { contracts, JOURNEY, journeyHandlers } from './journey.ts';

export const { consume, sweep } = subscriberFunctions({
  service: 'guide',
  capability: 'guide' satisfies Capability,
  channel: memberEvents,
  cursorKey: JOURNEY,
  contracts,
  handlers: journeyHandlers,
});
