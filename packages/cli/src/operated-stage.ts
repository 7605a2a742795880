/**
 * A stage, as the commands of an app see it: through AWS's own APIs, in an account or an embedded cloud.
 * @public
 */
export interface Stage {
  /** Of the app: its resources are called `APP-STAGE-…`. */
  readonly app: string;
  /** Such as `dev`. */
  readonly name: string;
  /** AWS endpoint of an embedded cloud or of LocalStack; undefined: the account that the credentials are of. */
  readonly endpoint?: string | undefined;
  /** What clients of AWS are created with; of an account nothing, so that they find region and credentials themselves. */
  readonly config: {
    readonly endpoint?: string;
    readonly region?: string;
    readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
  };
  /** The physical name of a table, function or stack of the stage. */
  table(name: string): string;
  /**
   * Asks AWS something.
   * @throws {OperatorError} if the stage is not there to be asked
   */
  ask<T>(question: () => Promise<T>): Promise<T>;
  /** Names of all that take messages from a queue. */
  subscribers(): Promise<string[]>;
  /** Every queue, and how many messages wait in it, or are being worked on. */
  queues(): Promise<Array<{ queue: string; visible: number; inFlight: number }>>;
}

/** Options of every command that {@link Stage} is given to. */
export interface StageOptions {
  app?: string;
  stage?: string;
  endpoint?: string;
  /** Whether to print JSON and nothing else. */
  json?: boolean;
}

/** What a command does with its stage, the options that it was called with, and its arguments. */
export type StageAction<Own extends object, Args extends unknown[]> = (
  stage: Stage,
  options: Own & StageOptions,
  ...args: Args
) => Promise<void>;
