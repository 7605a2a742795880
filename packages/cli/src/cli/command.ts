import { type Command, InvalidArgumentError } from 'commander';
import type { App } from '../app-definition.ts';
import { embeddedCloudOf } from '../stage/embedded-cloud.ts';
import { OperatorError } from '../stage/errors.ts';
import { openStage, type StageClient } from '../stage/stage.ts';

/** Options of `rollcall console` and of every command of `rollcall ops`. */
export interface CommonOptions {
  /** Name of the app. Default: the app of the working folder, otherwise the app that the embedded cloud runs. */
  app?: string;
  stage?: string;
  endpoint?: string;
  json?: boolean;
  /** The app of the working folder. It is not an option of the command line: `createProgram` adds it to the options. */
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
  throw new InvalidArgumentError('It must be a whole number from 0 (any free port) to 65535.');
}

/** Adds the options that select a stage. */
export const withStage = (command: Command): Command =>
  command
    .option('--app <name>', 'name of the app (default: from the rollcall.config.ts of this folder)')
    .option(
      '--stage <name>',
      'a stage in the account and region of your AWS credentials (default: the stage of an embedded cloud)',
    )
    .option(
      '--endpoint <url>',
      `an embedded cloud or LocalStack (default: AWS_ENDPOINT_URL, otherwise ${EMBEDDED_CLOUD})`,
      url,
    )
    .option('--json', 'print only JSON');

/**
 * Opens the stage that the options select. A stage in an account is opened only with `--stage`, to prevent accidental
 * changes.
 */
async function stageOf({ app, stage, endpoint, folder }: CommonOptions): Promise<StageClient> {
  const address = endpoint ?? (process.env.AWS_ENDPOINT_URL || (stage === undefined ? EMBEDDED_CLOUD : undefined));
  const name = stage ?? 'dev';
  return openStage({ app: app ?? folder.name ?? (await appRunningAt(address, name)), name, endpoint: address });
}

/** The name of the app that an embedded cloud runs. @throws {OperatorError} if the name cannot be determined */
async function appRunningAt(endpoint: string | undefined, stage: string): Promise<string> {
  const cloud = await embeddedCloudOf({ endpoint });
  const named = (await cloud?.templates())?.map(({ name }) => name.split(`-${stage}-`)) ?? [];
  const found = named.find((parts) => parts.length > 1)?.[0];
  if (found) return found;
  const where =
    endpoint === undefined ? '' : ` No embedded cloud at ${endpoint} names the app either. Is it running (npm start)?`;
  throw new OperatorError(`Pass --app, because no rollcall.config.ts in this folder names the app.${where}`);
}

/** An invalid command line: exit code 2. */
export class UsageError extends OperatorError {}

type Action<Own, Args extends unknown[]> = (
  stage: StageClient,
  options: Own & CommonOptions,
  ...args: Args
) => Promise<void>;

/** Creates a function for `Command.action`. It passes the stage, all options and the arguments to `action`. */
export const onStage =
  <Own extends object, Args extends unknown[]>(action: Action<Own, Args>) =>
  async (...given: unknown[]): Promise<void> => {
    const options = (given.at(-1) as Command).optsWithGlobals<Own & CommonOptions>();
    await action(await stageOf(options), options, ...(given.slice(0, -2) as Args));
  };

/** @throws {OperatorError} if there is no such subscriber; the message lists the subscribers */
export async function subscriberNamed(stage: StageClient, name: string): Promise<string> {
  const names = await stage.subscribers();
  if (names.includes(name)) return name;
  throw new OperatorError(`There is no subscriber "${name}"; there are: ${names.join(', ')}.`);
}

export function atLeastOne(text: string): number {
  const number = Number(text);
  if (Number.isSafeInteger(number) && number >= 1) return number;
  throw new InvalidArgumentError('It must be a whole number, at least 1.');
}
