import { STATUS_CODES } from 'node:http';
import * as z from 'zod';
import { type KitProblemCode, kitProblems, type ProblemDocument, problemType } from '../contracts/problem.ts';

/** The code of one of the kit's problems, or the code and status of an application's own problem. */
export type Kind = KitProblemCode | { readonly code: string; readonly status: number };

const resolved = (kind: Kind) => (typeof kind === 'string' ? { code: kind, status: kitProblems[kind].status } : kind);

/**
 * An error whose message is safe to return to the caller.
 * @public
 */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly code: string;
  readonly #status: number;
  readonly errors: ProblemDocument['errors'];
  readonly headers: Record<string, string>;

  constructor(
    kind: Kind,
    detail: string,
    more: { errors?: NonNullable<ProblemDocument['errors']>; headers?: Record<string, string>; cause?: unknown } = {},
  ) {
    super(detail, { cause: more.cause });
    const { code, status } = resolved(kind);
    this.code = code;
    this.#status = status;
    this.errors = more.errors;
    this.headers = more.headers ?? {};
  }

  get status(): number {
    return this.#status;
  }
}

/**
 * Creates a 404 problem.
 * @param what the missing resource, such as `order 42`
 * @public
 */
export const notFound = (what: string) => new Problem('not-found', `There is no ${what} here.`);

/**
 * Creates a 503 problem with a `Retry-After` of one second.
 * @param detail for the caller
 * @param cause for the log; not returned to the caller
 * @public
 */
export const busy = (detail: string, cause?: unknown) =>
  new Problem('busy', detail, { headers: { 'retry-after': '1' }, cause });

/**
 * A problem as a document.
 * @beta
 */
export function problemDocument(kind: Kind, detail: string): ProblemDocument {
  const { code, status } = resolved(kind);
  return { type: problemType(code), title: STATUS_CODES[status] ?? 'Error', status, detail };
}

/**
 * Whether the path equals the template, with an id in the place of each parameter. Other paths may contain personal
 * data, such as phone numbers.
 */
function isOfRoute(path: string, template: string): boolean {
  const expected = template.split('/');
  const parts = path.split('/');
  const isExpected = (part: string, index: number) =>
    part === expected[index] || (expected[index]?.startsWith('{') && z.uuid().safeParse(part).success);
  return parts.length === expected.length && parts.every(isExpected);
}

/**
 * Creates the problem document for a requested path.
 * @param path the requested path, which the document repeats if the path matches a template
 * @param templates paths of the possible routes, such as `/v1/members/{id}`
 */
export function problemAt(problem: Problem, path: string, templates: readonly string[]): ProblemDocument {
  const { message, errors } = problem;
  return {
    ...problemDocument(problem, message),
    ...(templates.some((template) => isOfRoute(path, template)) && { instance: path }),
    ...(errors && { errors }),
  };
}
