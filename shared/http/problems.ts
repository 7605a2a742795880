import { STATUS_CODES } from 'node:http';
import type { ProblemDocument } from '../contracts/problem.ts';

/** An error whose text the caller of the API may read. `code` ends the problem's `type`. */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly status: number;
  readonly code: string;
  readonly errors: ProblemDocument['errors'];
  readonly headers: Record<string, string>;

  constructor(
    status: number,
    code: string,
    detail: string,
    more: { errors?: NonNullable<ProblemDocument['errors']>; headers?: Record<string, string>; cause?: unknown } = {},
  ) {
    super(detail, { cause: more.cause });
    this.status = status;
    this.code = code;
    this.errors = more.errors;
    this.headers = more.headers ?? {};
  }
}

export const notFound = (what: string) => new Problem(404, 'not-found', `There is no ${what} here.`);

/** @param instance the path that was asked for */
export function problemResponse({ status, code, message, errors, headers }: Problem, instance: string) {
  const document: ProblemDocument = {
    type: `/problems/${code}`,
    title: STATUS_CODES[status] ?? 'Error',
    status,
    detail: message,
    instance,
    ...(errors && { errors }),
  };
  return {
    statusCode: status,
    headers: { ...headers, 'content-type': 'application/problem+json' },
    body: JSON.stringify(document),
  };
}
