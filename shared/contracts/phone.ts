import { parsePhoneNumberFromString } from 'libphonenumber-js/min';
import * as z from 'zod';

const E164 = /^\+[1-9]\d{1,14}$/;

/** Checked against the numbering plan of its country, not only by its shape. */
export const phone = z
  .string()
  .refine((value) => E164.test(value) && parsePhoneNumberFromString(value)?.isValid() === true, {
    error: 'must be a valid phone number in E.164 format, such as +34612345678',
  })
  .meta({ description: 'Phone number in E.164 format.', examples: ['+34612345678'] });
