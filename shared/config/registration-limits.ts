import * as z from 'zod';

const rate = z.strictObject({
  /** Maximum burst of registrations. */
  burst: z.int().min(1),
  /** Registrations a minute on average. */
  perMinute: z.number().positive(),
});

/**
 * Types of phone numbers, as libphonenumber names them. Types that cannot receive SMS, or that cost the sender extra,
 * are not allowed.
 */
const phoneType = z.enum(['MOBILE', 'FIXED_LINE_OR_MOBILE', 'FIXED_LINE', 'PERSONAL_NUMBER', 'VOIP']);

export type PhoneType = z.output<typeof phoneType>;

/** Types that can be mobile: countries such as the US have one range for both (FIXED_LINE_OR_MOBILE). */
export const CAN_BE_MOBILE = ['MOBILE', 'FIXED_LINE_OR_MOBILE'] as const satisfies readonly PhoneType[];

/** Which phones may register, and how often, per stage. */
export const registrationLimits = z.strictObject({
  phoneTypes: z
    .array(phoneType)
    .min(1)
    .default([...CAN_BE_MOBILE]),
  /** Per address; for IPv6 per /64. */
  caller: rate,
  /** Per phone. */
  phone: rate,
});

export type RegistrationLimits = z.output<typeof registrationLimits>;
