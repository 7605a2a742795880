import * as z from 'zod';

/**
 * An id in upper or lower case, normalized to lower case. Ids are accepted in either case (RFC 9562 §4) and stored in
 * lower case.
 */
export const givenId = z.uuid().toLowerCase();

/**
 * A timestamp in ISO 8601, in UTC: `2026-11-29T12:00:00Z`. An offset such as `+01:00` is refused.
 * @beta
 */
export const timestamp = z.iso.datetime().meta({ description: 'Instant in UTC (RFC 3339).' });

/**
 * A whole number. The validation error states the bounds.
 * @beta
 */
export function wholeNumber(from: number, to: number) {
  // Formatted lazily: the first use of Intl takes about ten milliseconds.
  const error = () => `must be a whole number from ${from.toLocaleString('en')} to ${to.toLocaleString('en')}`;
  return z.int({ error, abort: true }).min(from, { error }).max(to, { error });
}

const KEY = { error: 'must have 1 to 255 visible ASCII characters', abort: true };

/**
 * A key that identifies a request: the same key with the same request gets the same response.
 * @beta
 */
export const idempotencyKey = z
  .string()
  .min(1, KEY)
  .max(255, KEY)
  .regex(/^[\x21-\x7e]*$/, KEY);
