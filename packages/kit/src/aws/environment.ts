import * as z from 'zod';

/**
 * Reads a function's settings from its environment variables. Call it once, at cold start.
 * @throws {Error} if variables are missing or invalid; the message names each of them
 * @public
 */
export function readEnvironment<S extends z.ZodType>(schema: S): z.output<S> {
  const result = schema.safeParse(process.env);
  if (result.success) return result.data;
  throw new Error(
    `environment: ${result.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ')}`,
  );
}

/**
 * A non-empty string.
 * @public
 */
export const text = z.string().min(1);

/**
 * Creates the schema of a variable that contains JSON of the given shape. The schema returns the parsed JSON.
 * @beta
 */
export const jsonOf = <S extends z.ZodType>(shape: S) =>
  z
    .string()
    .transform((value, context) => {
      try {
        return JSON.parse(value) as unknown;
      } catch {
        context.addIssue({ code: 'custom', message: 'must be JSON' });
        return z.NEVER;
      }
    })
    .pipe(shape as unknown as z.ZodType<z.output<S>, unknown>);

/**
 * The address of each channel that a function may send to, by channel name: the ARN of a topic or the URL of a queue.
 * @beta
 */
export const addresses = jsonOf(z.record(z.string(), text));
