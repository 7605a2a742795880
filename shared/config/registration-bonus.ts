import * as z from 'zod';

/** The bonus of a registration, per stage. */
export const registrationBonus = z.strictObject({
  points: z.int().nonnegative(),
  /** Whether a phone that registers again within `phonesRememberedDays` after the deletion of its member gets no bonus. */
  oncePerPhone: z.boolean(),
});

export type RegistrationBonus = z.output<typeof registrationBonus>;
