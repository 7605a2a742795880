import type { ProblemDocument } from '@rollcall/kit/internal/contracts/problem';
import { OperatorError } from '../stage/errors.ts';
import type { Words } from '../words.ts';

/** A problem with its title in both languages. */
type LocalizedProblem = Pick<ProblemDocument, 'title' | 'status'> & { says: Words };

/** An error that is returned as an RFC 9457 problem. */
export class ConsoleProblem extends Error {
  override readonly name = 'ConsoleProblem';
  readonly document: LocalizedProblem & object;

  constructor(status: number, says: Words, more: object = {}) {
    super(says.en);
    this.document = { title: says.en, says, status, ...more };
  }
}

const NOT_POSSIBLE = new ConsoleProblem(409, { en: 'The action is not possible.', zh: '无法执行该操作。' });
const UNEXPECTED_RESPONSE = new ConsoleProblem(500, {
  en: 'The stage returned an unexpected response.',
  zh: '环境返回了意外的响应。',
});

/** Converts an error to a problem. */
export function problemOf(error: Error): LocalizedProblem & { detail?: string } {
  if (error instanceof ConsoleProblem) return error.document;
  if (error instanceof OperatorError) return { ...NOT_POSSIBLE.document, detail: error.message };
  return { ...UNEXPECTED_RESPONSE.document, detail: `${error.name}: ${error.message}` };
}
