import type { DescMessage } from '@bufbuild/protobuf';
import { inProtobuf, type MessageContract } from '@rollcall/kit/contracts';
import {
  MemberDataErasedSchema,
  MemberDeactivatedSchema,
  MemberProfileChangedSchema,
  MemberRegisteredSchema,
  OnboardingStepCompletedSchema,
  PointsReturnedSchema,
  RedeemPointsSchema,
  RedemptionSettledSchema,
  ReturnPointsSchema,
} from './generated/rollcall/messages/v1/messages_pb.ts';
import { MemberRegisteredSchema as MemberRegisteredV2Schema } from './generated/rollcall/messages/v2/messages_pb.ts';
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

/**
 * Codecs for messages that no channel sends in Protobuf. They are kept because they were released, and `buf breaking`
 * rejects a package without them. New messages need no such codec. The codecs are separate from the contracts, which
 * would otherwise add the Protobuf runtime, 100 KB, to every function that reads the messages.
 */
const schemas: Readonly<Record<string, DescMessage>> = {
  [memberDataErased.type]: MemberDataErasedSchema,
  [memberDeactivated.type]: MemberDeactivatedSchema,
  [memberProfileChanged.type]: MemberProfileChangedSchema,
  [memberRegistered.type]: MemberRegisteredSchema,
  [memberRegisteredV2.type]: MemberRegisteredV2Schema,
  [onboardingStepCompleted.type]: OnboardingStepCompletedSchema,
  [pointsReturned.type]: PointsReturnedSchema,
  [redeemPoints.type]: RedeemPointsSchema,
  [redemptionSettled.type]: RedemptionSettledSchema,
  [returnPoints.type]: ReturnPointsSchema,
};

/** Adds a Protobuf codec to a contract if its schema is listed above. */
export function withProtobuf(contract: MessageContract): MessageContract {
  const schema = schemas[contract.type];
  return schema ? { ...contract, formats: [inProtobuf(schema)] } : contract;
}
