import { type Channel, queue, topic } from '@rollcall/kit/contracts';
import { memberDataErased } from './member-data-erased.v1.ts';
import { memberDeactivated } from './member-deactivated.v1.ts';
import { memberProfileChanged } from './member-profile-changed.v1.ts';
import { memberRegistered } from './member-registered.v1.ts';
import { memberRegisteredV2 } from './member-registered.v2.ts';
import { onboardingStepCompleted } from './onboarding-step-completed.v1.ts';
import { pointsReturned } from './points-returned.v1.ts';
import { redeemPoints } from './redeem-points.v1.ts';
import { redemptionSettled } from './redemption-settled.v1.ts';
import { returnPoints } from './return-points.v1.ts';
import { sendSms } from './send-sms.v1.ts';

export const memberEvents = /* @__PURE__ */ topic('member-events', {
  description: 'Events of members, in order per member. Any service may subscribe.',
  from: '/rollcall/registration',
  messages: [memberRegistered, memberRegisteredV2, memberProfileChanged, memberDeactivated],
});

export const pointsCommands = /* @__PURE__ */ queue('points-commands', {
  description: "Commands to the points service, in order per member: `sequence` counts a member's commands.",
  from: '/rollcall/registration',
  messages: [redeemPoints, returnPoints],
});

export const smsCommands = /* @__PURE__ */ queue('sms-commands', {
  ordered: false,
  description:
    'SMS to members, requested by any service, unordered. Each is sent once, if the SMS provider honours idempotency keys.',
  format: 'application/protobuf',
  from: { anyServiceOf: 'rollcall' },
  messages: [sendSms],
});

export const registrationReplies = /* @__PURE__ */ queue('registration-replies', {
  ordered: false,
  description: 'Replies to the events of the registration service, unordered.',
  from: { anyServiceOf: 'rollcall' },
  messages: [onboardingStepCompleted, memberDataErased],
});

export const registrationOutcomes = /* @__PURE__ */ queue('registration-outcomes', {
  ordered: false,
  description: 'Replies to the commands of the registration service, unordered. Callers may be waiting for them.',
  from: '/rollcall/points',
  messages: [redemptionSettled, pointsReturned],
});

export const channels: readonly Channel[] = [
  memberEvents,
  pointsCommands,
  smsCommands,
  registrationReplies,
  registrationOutcomes,
];
