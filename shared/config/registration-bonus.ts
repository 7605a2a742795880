import * as z from 'zod';

/** What a registration earns, of one stage. */
export const registrationBonus = z.strictObject({
  points: z.int().nonnegative(),
  /** Whether a phone that registers again earns nothing, for as long as it is remembered. */
  oncePerPhone: z.boolean(),
});

export type RegistrationBonus = z.output<typeof registrationBonus>;
