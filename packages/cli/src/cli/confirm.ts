import { createInterface } from 'node:readline/promises';
import { OperatorError } from '../stage/errors.ts';

/**
 * Asks for confirmation.
 * @param what a sentence that describes the action
 * @param yes whether `--yes` already confirms the action
 * @throws {OperatorError} if the answer is not yes, or standard input is not a terminal
 * @beta
 */
export async function confirm(what: string, yes: boolean | undefined): Promise<void> {
  if (yes) return;
  if (!process.stdin.isTTY) throw new OperatorError(`${what} Confirm with --yes.`);
  const prompt = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await prompt.question(`${what} Continue? [y/N] `);
  prompt.close();
  if (!/^y(es)?$/i.test(answer.trim())) throw new OperatorError('Nothing was done.');
}
