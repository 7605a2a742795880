/**
 * A stage as an app's commands see it: through AWS's own APIs, in an account or an embedded cloud.
 * @public
 */
export interface Stage {
  /** Name of the app: its resources are called `APP-STAGE-…`. */
  readonly app: string;
  /** Such as `dev`. */
  readonly name: string;
  /** AWS endpoint of an embedded cloud or of LocalStack; undefined: the account of the credentials. */
  readonly endpoint?: string | undefined;
  /** Configuration for AWS clients; empty for an account, so that they find region and credentials themselves. */
  readonly config: {
    readonly endpoint?: string;
    readonly region?: string;
    readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
  };
  /** The physical name of a table, function or stack of the stage. */
  table(name: string): string;
  /**
   * Calls AWS.
   * @throws {OperatorError} if the stage does not exist or is not reachable
   */
  ask<T>(question: () => Promise<T>): Promise<T>;
  /** Names of all consumers of queues. */
  subscribers(): Promise<string[]>;
  /** Every queue, with its visible and in-flight messages. */
  queues(): Promise<Array<{ queue: string; visible: number; inFlight: number }>>;
}

/** Options of every command that gets a {@link Stage}. */
export interface StageOptions {
  app?: string;
  stage?: string;
  endpoint?: string;
  /** Whether to print only JSON. */
  json?: boolean;
}

/** The action of a command, with its stage, options and arguments. */
export type StageAction<Own extends object, Args extends unknown[]> = (
  stage: Stage,
  options: Own & StageOptions,
  ...args: Args
) => Promise<void>;
