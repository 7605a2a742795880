import type * as z from 'zod';
import { Problem } from './problems.ts';

/** @throws {Problem} that names each field that is not as it should be */
export function validated<S extends z.ZodType>(schema: S, value: unknown): z.output<S> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new Problem('invalid', 'The body is not as it should be; see errors.', {
    errors: result.error.issues.map(({ path, message }) => ({ pointer: pointer(path), detail: message })),
  });
}

/** RFC 6901, as a URI fragment. */
const pointer = (path: readonly PropertyKey[]) =>
  `#${path.map((key) => `/${encodeURIComponent(String(key).replaceAll('~', '~0').replaceAll('/', '~1'))}`).join('')}`;
