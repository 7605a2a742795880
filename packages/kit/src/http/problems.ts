import { STATUS_CODES } from 'node:http';
import * as z from 'zod';
import { type KitProblemCode, kitProblems, type ProblemDocument, problemType } from '../contracts/problem.ts';

/** The code of a problem and its status: one of the kit's, or an application's own. */
export type Kind = KitProblemCode | { readonly code: string; readonly status: number };

const resolved = (kind: Kind) => (typeof kind === 'string' ? { code: kind, status: kitProblems[kind].status } : kind);

/**
 * An error whose text the caller of the API may read.
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
 * 404.
 * @param what there is not, such as `order 42`
 * @public
 */
export const notFound = (what: string) => new Problem('not-found', `There is no ${what} here.`);

/**
 * 503, to be tried again after a second.
 * @param detail is told to the caller
 * @param cause is not told: for the log
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

/** Whether nobody wrote anything into a path but ids: callers write phones into paths. */
function isOfRoute(path: string, template: string): boolean {
  const expected = template.split('/');
  const parts = path.split('/');
  const isExpected = (part: string, index: number) =>
    part === expected[index] || (expected[index]?.startsWith('{') && z.uuid().safeParse(part).success);
  return parts.length === expected.length && parts.every(isExpected);
}

/**
 * @param path that was asked for; the document repeats it if it is of the route
 * @param templates of the routes that it may be of, such as `/v1/members/{id}`
 */
export function problemAt(problem: Problem, path: string, templates: readonly string[]): ProblemDocument {
  const { message, errors } = problem;
  return {
    ...problemDocument(problem, message),
    ...(templates.some((template) => isOfRoute(path, template)) && { instance: path }),
    ...(errors && { errors }),
  };
}
