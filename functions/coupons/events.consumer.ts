import { defineConsumer } from '@rollcall/kit/contracts';
import { memberEvents, registrationReplies } from '../../shared/contracts/channels.ts';
import { memberDeactivated } from '../../shared/contracts/member-deactivated.v1.ts';
import { memberProfileChanged } from '../../shared/contracts/member-profile-changed.v1.ts';
import { memberRegisteredV2 } from '../../shared/contracts/member-registered.v2.ts';

export const eventConsumer = defineConsumer('coupons', {
  of: memberEvents,
  reads: [memberRegisteredV2, memberProfileChanged, memberDeactivated],
  sends: [registrationReplies],
  capability: 'coupons',
  // The service does not receive events that were published before its first deployment.
  joinsLate: true,
});
