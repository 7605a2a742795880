import { defineConsumer } from '@rollcall/kit/contracts';
import type { Capability } from '../../shared/config/capabilities.ts';
import { memberEvents, registrationReplies } from '../../shared/contracts/channels.ts';
import { memberDeactivated } from '../../shared/contracts/member-deactivated.v1.ts';
import { memberProfileChanged } from '../../shared/contracts/member-profile-changed.v1.ts';
import { memberRegisteredV2 } from '../../shared/contracts/member-registered.v2.ts';
import { JOURNEY } from './journey-key.ts';

export const eventConsumer = defineConsumer('guide', {
  of: memberEvents,
  reads: [memberRegisteredV2, memberProfileChanged, memberDeactivated],
  sends: [registrationReplies],
  capability: 'guide' satisfies Capability,
  cursorKey: JOURNEY,
});
