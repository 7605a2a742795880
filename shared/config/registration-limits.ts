import * as z from 'zod';

const rate = z.strictObject({
  /** Maximum burst of registrations. */
  burst: z.int().min(1),
  /** Registrations a minute on average. */
  perMinute: z.number().positive(),
});

/**
 * The types of phone numbers that a stage can allow, named as in libphonenumber. No stage can allow the types that are
 * left out, such as premium-rate numbers (docs/decisions/0021-phones-are-e164-and-mobile.md).
 */
const phoneType = z.enum(['MOBILE', 'FIXED_LINE_OR_MOBILE', 'FIXED_LINE', 'PERSONAL_NUMBER', 'VOIP']);

export type PhoneType = z.output<typeof phoneType>;

/** Types that can be mobile. FIXED_LINE_OR_MOBILE is for countries such as the US, which have one range for both. */
export const CAN_BE_MOBILE = ['MOBILE', 'FIXED_LINE_OR_MOBILE'] as const satisfies readonly PhoneType[];

/** Which phones may register in a stage, and how often. */
export const registrationLimits = z.strictObject({
  phoneTypes: z
    .array(phoneType)
    .min(1)
    .default([...CAN_BE_MOBILE]),
  /** Per IPv4 address or IPv6 /64 prefix. */
  caller: rate,
  /** Per phone. */
  phone: rate,
});

export type RegistrationLimits = z.output<typeof registrationLimits>;
