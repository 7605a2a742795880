import { createInterface } from 'node:readline/promises';
import { OperatorError } from '../stage/errors.ts';

/**
 * Asks a person whether to go on.
 * @param what is about to be done
 * @param yes whether that was said already, by `--yes`
 * @throws {OperatorError} if the answer is not yes, or nobody is there to answer
 * @beta
 */
export async function confirm(what: string, yes: boolean | undefined): Promise<void> {
  if (yes) return;
  if (!process.stdin.isTTY) throw new OperatorError(`${what} Say so with --yes.`);
  const asking = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await asking.question(`${what} Go on? [y/N] `);
  asking.close();
  if (!/^y(es)?$/i.test(answer.trim())) throw new OperatorError('Nothing was done.');
}
