import { type Command, InvalidArgumentError } from 'commander';
import type { App } from '../app-definition.ts';
import { embeddedCloudOf } from '../stage/embedded-cloud.ts';
import { OperatorError } from '../stage/errors.ts';
import { openStage, type Stage } from '../stage/stage.ts';

/** Options that every command has. */
export interface Common {
  /** By its name, or else the one of this folder. */
  app?: string;
  stage?: string;
  endpoint?: string;
  json?: boolean;
  /** What the folder says of its app: no option, but kept with them by `createProgram`. */
  folder: Partial<App>;
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

/** Adds the options that say which stage is meant. */
export const withStage = (command: Command): Command =>
  command
    .option('--app <name>', 'of the app (default: what the rollcall.config.ts of this folder says)')
    .option(
      '--stage <name>',
      "a stage of your AWS credentials' account and region; without it, that of an embedded cloud",
    )
    .option(
      '--endpoint <url>',
      `an embedded cloud or LocalStack (default: AWS_ENDPOINT_URL, else ${EMBEDDED_CLOUD})`,
      url,
    )
    .option('--json', 'print JSON and nothing else');

/** It is an account only if somebody names the stage, so that nobody changes one by mistake. */
async function stageOf({ app, stage, endpoint, folder }: Common): Promise<Stage> {
  const address = endpoint ?? (process.env.AWS_ENDPOINT_URL || (stage === undefined ? EMBEDDED_CLOUD : undefined));
  const name = stage ?? 'dev';
  return openStage({ app: app ?? folder.name ?? (await runningAt(address, name)), name, endpoint: address });
}

/** The app that an embedded cloud runs. @throws {OperatorError} if it does not tell */
async function runningAt(endpoint: string | undefined, stage: string): Promise<string> {
  const cloud = await embeddedCloudOf({ endpoint });
  const named = (await cloud?.templates())?.map(({ name }) => name.split(`-${stage}-`)) ?? [];
  const found = named.find((parts) => parts.length > 1)?.[0];
  if (found) return found;
  const where = endpoint === undefined ? '' : ` Nothing at ${endpoint} does: is it running (npm start)?`;
  throw new OperatorError(`Name the --app: this folder has no rollcall.config.ts that does.${where}`);
}

/** A command line that cannot be meant: exit code 2. */
export class UsageError extends OperatorError {}

type Action<Own, Args extends unknown[]> = (stage: Stage, options: Own & Common, ...args: Args) => Promise<void>;

/** Gives an action its stage, and the options that all commands share along with its own. */
export const onStage =
  <Own extends object, Args extends unknown[]>(action: Action<Own, Args>) =>
  async (...given: unknown[]): Promise<void> => {
    const options = (given.at(-1) as Command).optsWithGlobals<Own & Common>();
    await action(await stageOf(options), options, ...(given.slice(0, -2) as Args));
  };

/** @throws {OperatorError} that names the subscribers there are */
export async function subscriberNamed(stage: Stage, name: string): Promise<string> {
  const names = await stage.subscribers();
  if (names.includes(name)) return name;
  throw new OperatorError(`There is no subscriber "${name}"; there are: ${names.join(', ')}.`);
}

export function atLeastOne(text: string): number {
  const number = Number(text);
  if (Number.isSafeInteger(number) && number >= 1) return number;
  throw new InvalidArgumentError('It must be a whole number from 1 up.');
}
