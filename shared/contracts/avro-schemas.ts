import { inAvro, type MessageContract } from '@rollcall/kit/contracts';
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

type Fields = Readonly<Record<string, unknown>>;

const optional = (type: string) => ({ type: ['null', type], default: null });

/**
 * The fields of each message, by message type. The value of a field is the name of the field's type, or an object with
 * the type and, if the field is optional, the default. All messages also have `memberId`.
 */
const fields: Readonly<Record<string, Fields>> = {
  [memberDataErased.type]: { erasedAt: 'string', kept: optional('string') },
  [memberDeactivated.type]: { deactivatedAt: 'string' },
  [memberProfileChanged.type]: { name: 'string', locale: 'string', changedAt: 'string' },
  [memberRegistered.type]: {
    phone: 'string',
    name: 'string',
    locale: 'string',
    registeredAt: 'string',
    returning: optional('boolean'),
  },
  [memberRegisteredV2.type]: {
    phone: 'string',
    country: optional('string'),
    givenName: 'string',
    familyName: 'string',
    displayName: 'string',
    locale: 'string',
    registeredAt: 'string',
    returning: optional('boolean'),
  },
  [onboardingStepCompleted.type]: { step: 'string', summary: 'string', completedAt: 'string' },
  [pointsReturned.type]: { points: 'long', balance: 'long', returnedAt: 'string' },
  [redeemPoints.type]: { points: 'long', deadline: optional('string') },
  [redemptionSettled.type]: { outcome: 'string', points: 'long', balance: 'long', settledAt: 'string' },
  [returnPoints.type]: { points: 'long', redemption: 'string' },
  [sendSms.type]: { texts: { type: { type: 'map', values: 'string' } } },
};

/**
 * Adds an Avro codec to a contract if its fields are listed above. No channel uses the codec, so no function bundles
 * the Avro runtime.
 */
export function withAvro(contract: MessageContract): MessageContract {
  const specific = fields[contract.type];
  if (!specific) return contract;
  const all = Object.entries({ memberId: 'string', ...specific });
  const schema = {
    type: 'record',
    // For example `rollcall.sms.send.v1`. A hyphen is not valid in an Avro name.
    name: contract.type.replaceAll('-', '_'),
    fields: all.map(([name, type]) => ({
      name,
      ...(typeof type === 'string' ? { type } : (type as object)),
    })),
  };
  return { ...contract, formats: [...(contract.formats ?? []), inAvro(schema as never)] };
}
