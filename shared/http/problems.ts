import { STATUS_CODES } from 'node:http';
import * as z from 'zod';
import { type ProblemCode, type ProblemDocument, problems } from '../contracts/problem.ts';
import { routes } from '../contracts/routes.ts';

/** An error whose text the caller of the API may read. */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly code: ProblemCode;
  readonly errors: ProblemDocument['errors'];
  readonly headers: Record<string, string>;

  constructor(
    code: ProblemCode,
    detail: string,
    more: { errors?: NonNullable<ProblemDocument['errors']>; headers?: Record<string, string>; cause?: unknown } = {},
  ) {
    super(detail, { cause: more.cause });
    this.code = code;
    this.errors = more.errors;
    this.headers = more.headers ?? {};
  }

  get status(): number {
    return problems[this.code].status;
  }
}

export const notFound = (what: string) => new Problem('not-found', `There is no ${what} here.`);

export const busy = (detail: string, cause?: unknown) =>
  new Problem('busy', detail, { headers: { 'retry-after': '1' }, cause });

export const problemType = (code: ProblemCode) => `/problems/${code}`;

/** A problem as a document. */
export function problemDocument(code: ProblemCode, detail: string): ProblemDocument {
  const { status } = problems[code];
  return { type: problemType(code), title: STATUS_CODES[status] ?? 'Error', status, detail };
}

const literals = new Set(Object.values(routes).flatMap(({ path }) => path.split('/')));
const isOurs = (path: string) =>
  path.split('/').every((part) => literals.has(part) || z.uuid().safeParse(part).success);

/** @param instance the path that was asked for; left out, if it is none of ours: callers write phones into paths */
export function problemResponse({ code, message, errors, headers }: Problem, instance: string) {
  const document: ProblemDocument = {
    ...problemDocument(code, message),
    ...(isOurs(instance) && { instance }),
    ...(errors && { errors }),
  };
  return {
    statusCode: document.status,
    headers: { ...headers, 'content-type': 'application/problem+json' },
    body: JSON.stringify(document),
  };
}
