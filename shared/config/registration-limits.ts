import * as z from 'zod';

const rate = z.strictObject({
  /** Registrations at once. */
  burst: z.int().min(1),
  /** Registrations a minute in the long run. */
  perMinute: z.number().positive(),
});

/** How often one may register, of one stage. */
export const registrationLimits = z.strictObject({
  /** From one address; IPv6 by /64. */
  caller: rate,
  /** Of one phone. */
  phone: rate,
});

export type RegistrationLimits = z.output<typeof registrationLimits>;
