import { STATUS_CODES } from 'node:http';
import * as z from 'zod';

/**
 * A problem type that an API returns.
 * @beta
 */
export interface ProblemType {
  readonly status: number;
  readonly description: string;
  /** An example of a problem's `detail`. */
  readonly detail: string;
}

/**
 * The problem types that endpoints of the kit return. Each key is the last segment of a problem's `type`. The keys are
 * stable, so clients may compare them. An application adds its own problem types.
 * @beta
 */
export const kitProblems = {
  'malformed-json': {
    status: 400,
    description: 'The body is not JSON.',
    detail: 'The body is not valid JSON.',
  },
  'invalid-header': {
    status: 400,
    description: 'A header of the request is invalid.',
    detail: 'Idempotency-Key must have 1 to 255 visible ASCII characters.',
  },
  'not-found': {
    status: 404,
    description: 'The resource does not exist.',
    detail: 'There is no resource of that id here.',
  },
  'method-not-allowed': {
    status: 405,
    description: 'The resource does not allow this method. `Allow` lists the allowed methods.',
    detail: 'Allowed methods: GET, HEAD, PATCH, DELETE, OPTIONS.',
  },
  'not-acceptable': {
    status: 406,
    description: 'The resource has no representation that `Accept` allows.',
    detail: 'This resource is available only as application/json or application/xml, which Accept excludes.',
  },
  'version-mismatch': {
    status: 412,
    description: 'The version of the resource does not satisfy `If-Match` or `If-None-Match`.',
    detail: 'If-Match names another version. The current version is "3". Read the resource again.',
  },
  'body-too-large': {
    status: 413,
    description: 'The body exceeds the maximum size.',
    detail: 'The body may have at most 65536 bytes.',
  },
  'unsupported-media-type': {
    status: 415,
    description: 'The resource does not accept the format of the body.',
    detail: 'Send the body as application/json.',
  },
  invalid: {
    status: 422,
    description: 'The body is JSON, but does not match the schema: `errors` lists the invalid fields.',
    detail: 'The body does not match the schema; see errors.',
  },
  'idempotency-key-reused': {
    status: 422,
    description: 'The key was already used for another request.',
    detail: 'This Idempotency-Key was already used with another body.',
  },
  'precondition-required': {
    status: 428,
    description: 'The change must name the version that it is based on.',
    detail: 'Send If-Match with the ETag of your last read.',
  },
  'too-many-requests': {
    status: 429,
    description: 'The caller sends too many requests. `Retry-After` states when to try again.',
    detail: 'Too many requests for one caller. Try again in 12 s.',
  },
  internal: {
    status: 500,
    description: 'An internal error occurred.',
    detail: 'An internal error occurred. Try again.',
  },
  'read-only': {
    status: 503,
    description: 'Changes are disabled for now. `Retry-After` states when to try again.',
    detail: 'Changes are disabled for now. Try again later.',
  },
  busy: {
    status: 503,
    description: 'The service is busy. `Retry-After` states when to try again.',
    detail: 'The service is busy. Try again.',
  },
} as const satisfies Record<string, ProblemType>;

export type KitProblemCode = keyof typeof kitProblems;

/**
 * The schema of a problem document (RFC 9457).
 * @beta
 */
export const problem = z
  .object({
    type: z.string().meta({ description: 'URI reference; its last segment identifies the problem.' }),
    title: z.string(),
    status: z.int(),
    detail: z.string().optional(),
    instance: z.string().optional().meta({ description: 'The requested path.' }),
    errors: z
      .array(z.object({ pointer: z.string(), detail: z.string() }))
      .optional()
      .meta({ description: 'Each invalid field, by JSON pointer (RFC 6901) as a URI fragment.' }),
  })
  .meta({
    description: 'The reason why a request failed (RFC 9457).',
    examples: [
      { type: '/problems/not-found', title: 'Not Found', status: 404, detail: 'There is no resource of that id here.' },
    ],
  });

/**
 * A problem document: RFC 9457.
 * @beta
 */
export type ProblemDocument = z.output<typeof problem>;

/**
 * The `type` of a problem, by its code.
 * @beta
 */
export const problemType = (code: string) => `/problems/${code}`;

/** The schema of the problem documents of a problem type, with an example, for the OpenAPI description. */
export function problemOf(code: string, { status, description, detail }: ProblemType) {
  const type = problemType(code);
  return problem.extend({ type: z.literal(type), status: z.literal(status) }).meta({
    description,
    examples: [{ type, title: STATUS_CODES[status], status, detail }],
  });
}
