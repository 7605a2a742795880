import { subscriberFunctions } from '../../packages/kit/src/messaging/subscriber-functions.ts';
import { memberEvents } from '../../shared/contracts/channels.ts';
import { contracts, JOURNEY, journeyHandlers } from './journey.ts';

export const { consume, sweep } = subscriberFunctions({
  service: 'guide',
  capability: 'guide',
  channel: memberEvents,
  cursorKey: JOURNEY,
  contracts,
  handlers: journeyHandlers,
});
