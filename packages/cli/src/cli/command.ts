import { createInterface } from 'node:readline/promises';
import { type Command, InvalidArgumentError } from 'commander';
import { OperatorError, openStage, type Stage } from '../stage/stage.ts';

/** Options that every command has. */
export interface Common {
  stage?: string;
  endpoint?: string;
  json?: boolean;
}

export const EMBEDDED_CLOUD = 'http://127.0.0.1:4566';

export function url(text: string): string {
  if (URL.canParse(text)) return text;
  throw new InvalidArgumentError('It must be a URL.');
}

export function port(text: string): number {
  const number = Number(text);
  if (Number.isInteger(number) && number >= 0 && number < 65_536) return number;
  throw new InvalidArgumentError('It must be a whole number from 0, for any that is free, to 65535.');
}

/** It is an account only if somebody names the stage, so that nobody changes one by mistake. */
function stageOf({ stage, endpoint }: Common): Stage {
  const address = endpoint ?? (process.env.AWS_ENDPOINT_URL || (stage === undefined ? EMBEDDED_CLOUD : undefined));
  return openStage({ name: stage ?? 'dev', ...(address && { endpoint: address }) });
}

/** A command line that cannot be meant: exit code 2. */
export class UsageError extends OperatorError {}

type Action<Own, Args extends unknown[]> = (stage: Stage, options: Own & Common, ...args: Args) => Promise<void>;

/** Gives an action its stage, and the options that all commands share along with its own. */
export const onStage =
  <Own extends object, Args extends unknown[]>(action: Action<Own, Args>) =>
  async (...given: unknown[]): Promise<void> => {
    const options = (given.at(-1) as Command).optsWithGlobals<Own & Common>();
    await action(stageOf(options), options, ...(given.slice(0, -2) as Args));
  };

/** @throws {OperatorError} that names the subscribers there are */
export async function subscriberNamed(stage: Stage, name: string): Promise<string> {
  const names = await stage.subscribers();
  if (names.includes(name)) return name;
  throw new OperatorError(`There is no subscriber "${name}"; there are: ${names.join(', ')}.`);
}

/** @throws {OperatorError} if the answer is not yes, or nobody is there to answer */
export async function confirm(what: string, yes: boolean | undefined): Promise<void> {
  if (yes) return;
  if (!process.stdin.isTTY) throw new OperatorError(`${what} Say so with --yes.`);
  const asking = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await asking.question(`${what} Go on? [y/N] `);
  asking.close();
  if (!/^y(es)?$/i.test(answer.trim())) throw new OperatorError('Nothing was done.');
}

export function atLeastOne(text: string): number {
  const number = Number(text);
  if (Number.isSafeInteger(number) && number >= 1) return number;
  throw new InvalidArgumentError('It must be a whole number from 1 up.');
}
