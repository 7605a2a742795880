import type * as z from 'zod';
import { Problem } from './problems.ts';

/**
 * Validates a value by a schema.
 * @throws {Problem} invalid, which lists each invalid field
 * @beta
 */
export function validated<S extends z.ZodType>(schema: S, value: unknown): z.output<S> {
  const result = schema.safeParse(value, { error: typeMessage });
  if (result.success) return result.data;
  throw new Problem('invalid', 'The body does not match the schema; see errors.', {
    errors: result.error.issues.map(({ path, message }) => ({ pointer: pointer(path), detail: message })),
  });
}

/** The messages for missing values and values of the wrong type, if the schema has no message of its own. */
const typeMessage: z.core.$ZodErrorMap = (issue) => {
  if (issue.code !== 'invalid_type') return undefined;
  if (issue.input === undefined) return 'is missing';
  return issue.expected === 'object' ? 'must be an object' : `must be a ${issue.expected}`;
};

/** RFC 6901, as a URI fragment. */
const pointer = (path: readonly PropertyKey[]) =>
  `#${path.map((key) => `/${encodeURIComponent(String(key).replaceAll('~', '~0').replaceAll('/', '~1'))}`).join('')}`;
