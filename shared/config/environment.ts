import * as z from 'zod';

/**
 * Reads a function's settings from its environment, once, at cold start.
 * @throws {Error} that names every variable that is missing or wrong
 */
export function readEnvironment<S extends z.ZodType>(schema: S): z.output<S> {
  const result = schema.safeParse(process.env);
  if (result.success) return result.data;
  throw new Error(
    `environment: ${result.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ')}`,
  );
}

export const text = z.string().min(1);
export const count = z.coerce.number().int().nonnegative();
