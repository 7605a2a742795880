import type { Channel } from '@rollcall/kit/contracts/channel';
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

export const memberEvents = {
  name: 'member-events',
  kind: 'topic',
  ordered: true,
  description: 'What happens to members, in order for each of them. Any service may subscribe.',
  format: 'application/json',
  senders: ['/rollcall/registration'],
  messages: [memberRegistered, memberRegisteredV2, memberProfileChanged, memberDeactivated],
} as const satisfies Channel;

export const pointsCommands = {
  name: 'points-commands',
  kind: 'queue',
  ordered: true,
  description:
    "What the points service is told to do, in order for each member: `sequence` counts a member's commands.",
  format: 'application/json',
  senders: ['/rollcall/registration'],
  messages: [redeemPoints, returnPoints],
} as const satisfies Channel;

export const smsCommands = {
  name: 'sms-commands',
  kind: 'queue',
  ordered: false,
  description: 'Texts for members, from any service. Each is sent once, in no order.',
  format: 'application/protobuf',
  senders: { anyServiceOf: 'rollcall' },
  messages: [sendSms],
} as const satisfies Channel;

export const registrationReplies = {
  name: 'registration-replies',
  kind: 'queue',
  ordered: false,
  description: 'Where the registration service takes the answers to its events, in no order.',
  format: 'application/json',
  senders: { anyServiceOf: 'rollcall' },
  messages: [onboardingStepCompleted, memberDataErased],
} as const satisfies Channel;

export const registrationOutcomes = {
  name: 'registration-outcomes',
  kind: 'queue',
  ordered: false,
  description:
    'Where the registration service takes the answers to its commands, in no order. Somebody may wait for them.',
  format: 'application/json',
  senders: ['/rollcall/points'],
  messages: [redemptionSettled, pointsReturned],
} as const satisfies Channel;

export const channels: readonly Channel[] = [
  memberEvents,
  pointsCommands,
  smsCommands,
  registrationReplies,
  registrationOutcomes,
];
