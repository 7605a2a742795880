import * as z from 'zod';

/** The bonus of a registration, per stage. */
export const registrationBonus = z.strictObject({
  points: z.int().nonnegative(),
  /** Whether a phone gets no bonus if it registers again within `phonesRememberedDays` after its member left. */
  oncePerPhone: z.boolean(),
});

export type RegistrationBonus = z.output<typeof registrationBonus>;
