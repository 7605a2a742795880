import * as z from 'zod';

export const memberId = z.uuid().meta({ description: 'Identifies a member (UUIDv7).' });

export const timestamp = z.iso.datetime().meta({ description: 'Instant in UTC (RFC 3339).' });

/** A BCP 47 tag, kept in its canonical form: `zh-cn` becomes `zh-CN`. */
export const locale = z
  .string()
  .max(35, { error: 'must be a BCP 47 language tag of at most 35 characters' })
  .transform((value, context) => {
    try {
      return new Intl.Locale(value).toString();
    } catch (cause) {
      if (!(cause instanceof RangeError)) throw cause;
      context.addIssue({ code: 'custom', message: 'must be a BCP 47 language tag, such as en or zh-CN' });
      return z.NEVER;
    }
  })
  .meta({ description: 'Language of texts to the member (BCP 47).', examples: ['es', 'zh-CN'] });

/** A BCP 47 tag as it stands, for keys. */
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

/** Trimmed and in Unicode form NFC; its length is counted in code points, as a person counts. */
export const name = z
  .string()
  .transform((value) => value.normalize('NFC').trim())
  .refine((value) => value.length > 0 && [...value].length <= 100, {
    error: 'must have 1 to 100 characters besides surrounding white space',
  })
  .refine((value) => value.isWellFormed() && !/[\p{Cc}\p{Noncharacter_Code_Point}]/u.test(value), {
    error: 'must not contain control characters, or what is no character',
  })
  .meta({ description: 'Name by which the member is addressed.', examples: ['Lucía García'] });
