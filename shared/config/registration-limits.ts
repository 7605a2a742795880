import * as z from 'zod';

const rate = z.strictObject({
  /** Registrations at once. */
  burst: z.int().min(1),
  /** Registrations a minute in the long run. */
  perMinute: z.number().positive(),
});

/**
 * Kinds of phone numbers, in libphonenumber's words. Those at which nobody gets a text, or that cost whoever sends one, are
 * none that a stage can take.
 */
const phoneType = z.enum(['MOBILE', 'FIXED_LINE_OR_MOBILE', 'FIXED_LINE', 'PERSONAL_NUMBER', 'VOIP']);

export type PhoneType = z.output<typeof phoneType>;

/** What can be a mobile: countries such as the US have one range for both (FIXED_LINE_OR_MOBILE). */
export const CAN_BE_MOBILE = ['MOBILE', 'FIXED_LINE_OR_MOBILE'] as const satisfies readonly PhoneType[];

/** Which phones may register, and how often one may, of one stage. */
export const registrationLimits = z.strictObject({
  phoneTypes: z
    .array(phoneType)
    .min(1)
    .default([...CAN_BE_MOBILE]),
  /** From one address; IPv6 by /64. */
  caller: rate,
  /** Of one phone. */
  phone: rate,
});

export type RegistrationLimits = z.output<typeof registrationLimits>;
