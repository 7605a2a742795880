import * as z from 'zod';

/** The bonus of a registration, per stage. */
export const registrationBonus = z.strictObject({
  points: z.int().nonnegative(),
  /** Whether a phone gets the bonus only once. A phone that is no longer remembered gets the bonus again. */
  oncePerPhone: z.boolean(),
});

export type RegistrationBonus = z.output<typeof registrationBonus>;
