/**
 * A stage in an account or an embedded cloud, for an app's own commands. All access uses AWS APIs.
 * @public
 */
export interface Stage {
  /** Name of the app. Resources of the stage are called `APP-STAGE-…`. */
  readonly app: string;
  /** Name of the stage, such as `dev`. */
  readonly name: string;
  /** AWS endpoint of an embedded cloud or of LocalStack; undefined: the account of the credentials. */
  readonly endpoint?: string | undefined;
  /** Configuration for AWS clients. Empty for an account: the clients find region and credentials themselves. */
  readonly config: {
    readonly endpoint?: string;
    readonly region?: string;
    readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
  };
  /** The physical name of a table, function or stack of the stage. */
  table(name: string): string;
  /**
   * Runs a call to AWS.
   * @throws {OperatorError} if the stage does not exist or is not reachable
   */
  ask<T>(question: () => Promise<T>): Promise<T>;
  /** Names of all consumers: the subscribers of topics, and the consumers of commands and replies. */
  subscribers(): Promise<string[]>;
  /** Every queue, with the numbers of its visible and in-flight messages. */
  queues(): Promise<Array<{ queue: string; visible: number; inFlight: number }>>;
}

/** Options of every command that receives a {@link Stage}. */
export interface StageOptions {
  app?: string;
  stage?: string;
  endpoint?: string;
  /** Whether to print only JSON. */
  json?: boolean;
}

/** The action of a command. It receives the stage, the options and the arguments. */
export type StageAction<Own extends object, Args extends unknown[]> = (
  stage: Stage,
  options: Own & StageOptions,
  ...args: Args
) => Promise<void>;
