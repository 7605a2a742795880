import * as z from 'zod';
import { canonicalName, MAX_CHARACTERS, NAME_LENGTH, nameError } from './name-rule.ts';

export const memberId = z.uuid().meta({ description: 'Identifies a member (UUIDv7).' });

/** A field of registration events. */
export const returning = z.boolean().optional().meta({
  description: 'Present if an earlier member with this phone has left, and the phone is still remembered.',
});

const TAG = { error: 'must be a BCP 47 language tag of 2 to 35 characters, such as en or zh-CN', abort: true };

/** A BCP 47 tag, normalized to its canonical form: `zh-cn` becomes `zh-CN`. */
export const locale = z
  .string()
  .min(2, TAG)
  .max(35, TAG)
  .regex(/^[A-Za-z0-9]+(-[A-Za-z0-9]+)*$/, TAG)
  .transform((value, context) => {
    try {
      return new Intl.Locale(value).toString();
    } catch (cause) {
      if (!(cause instanceof RangeError)) throw cause;
      context.addIssue({ code: 'custom', message: TAG.error });
      return z.NEVER;
    }
  })
  .meta({ description: 'Language of texts to the member (BCP 47).', examples: ['es', 'zh-CN'] });

/** A BCP 47 tag without normalization, for keys. */
export const localeTag = z.string().refine(
  (value) => {
    try {
      return new Intl.Locale(value).toString() !== '';
    } catch {
      return false;
    }
  },
  { error: 'must be a BCP 47 language tag' },
);

const NAME = 'Name by which the member is addressed.';

/** The name of an existing member. Readers also accept names that today's rules refuse. */
export const name = z.string().meta({ description: NAME });

/** A name in a request. Every Unicode form is accepted and normalized to the canonical form. */
export const nameInput = z
  .string()
  // Counts code points, as JSON Schema does.
  .refine((value) => [...value].length <= MAX_CHARACTERS, { error: NAME_LENGTH, abort: true })
  .transform(canonicalName)
  .superRefine((value, context) => {
    const message = nameError(value);
    if (message !== undefined) context.addIssue({ code: 'custom', message });
  })
  .meta({
    description: `${NAME} It is stored in Unicode form NFC without surrounding white space, and has 1 to 100 characters: letters, digits, spaces and punctuation of names, with at least one letter and fewer than 5 digits in a row. Not allowed: invisible characters, symbols, words of mixed scripts, a hyphen at the beginning, and text that a phone displays as a link, such as "St.John" (write "St. John").`,
    examples: ['Lucía García'],
    minLength: 1,
    maxLength: MAX_CHARACTERS,
  });
