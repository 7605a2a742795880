import type { ProblemDocument } from '@rollcall/kit/internal/contracts/problem';
import { OperatorError } from '../stage/errors.ts';

/** What is answered instead: RFC 9457. */
export class ConsoleProblem extends Error {
  override readonly name = 'ConsoleProblem';
  readonly document: Pick<ProblemDocument, 'title' | 'status'> & object;

  constructor(status: number, title: string, more: object = {}) {
    super(title);
    this.document = { title, status, ...more };
  }
}

/** What goes wrong, as a problem. */
export function problemOf(error: Error): Pick<ProblemDocument, 'title' | 'status'> & { detail?: string } {
  if (error instanceof ConsoleProblem) return error.document;
  if (error instanceof OperatorError) return { status: 409, title: 'That cannot be done.', detail: error.message };
  return { status: 500, title: 'The stage does not answer as it should.', detail: `${error.name}: ${error.message}` };
}
