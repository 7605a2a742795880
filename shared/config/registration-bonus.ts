import * as z from 'zod';

/** The bonus of a registration, per stage. */
export const registrationBonus = z.strictObject({
  points: z.int().nonnegative(),
  /** Whether a phone that registers again earns no bonus, as long as it is remembered. */
  oncePerPhone: z.boolean(),
});

export type RegistrationBonus = z.output<typeof registrationBonus>;
