import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { ServiceDiscoveryClient } from '@aws-sdk/client-servicediscovery';
import { SQSClient } from '@aws-sdk/client-sqs';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { OperatorError } from './errors.ts';

/** Selects a stage of an app, in an account or an embedded cloud. */
export interface StageOptions {
  /** Name of the app: the stage's resources are called `APP-STAGE-…`. */
  app: string;
  /** Name of the stage. */
  name: string;
  /** AWS endpoint of an embedded cloud or of LocalStack. Undefined if the stage is in the account of the credentials. */
  endpoint?: string | undefined;
}

const INVOKE_TIMEOUT_MS = 75_000;

export type StageClients = ReturnType<typeof clientsOf>;

/** The AWS clients of a stage. */
export function clientsOf({ app, name, endpoint }: StageOptions) {
  const config = endpoint
    ? {
        endpoint,
        region: process.env.AWS_REGION ?? process.env.AWS_DEFAULT_REGION ?? 'us-east-1',
        credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
      }
    : {};
  const missingError = (what: string) =>
    new OperatorError(
      `There is no stage ${name} ${endpoint ? `at ${endpoint}` : 'in this account and region'}: no ${what} are called ${app}-${name}-*.`,
    );

  return {
    app,
    name,
    /** AWS endpoint of an embedded cloud or of LocalStack. */
    endpoint,
    /** Configuration for further clients. */
    config,
    dynamodb: DynamoDBDocumentClient.from(new DynamoDBClient(config)),
    sqs: new SQSClient(config),
    // An embedded cloud has a single host name, so the SDK must not add the prefix `data-`.
    directory: new ServiceDiscoveryClient({ ...config, disableHostPrefix: endpoint !== undefined }),
    // A sweep takes up to a minute. If the response of an Invoke is lost, only the operator may repeat the call.
    lambda: new LambdaClient({
      ...config,
      maxAttempts: 1,
      requestHandler: { requestTimeout: INVOKE_TIMEOUT_MS, throwOnRequestTimeout: true },
    }),
    /** The physical name of a table, function or stack of the stage. For an empty name, the prefix of all names. */
    table: (table: string) => `${app}-${name}-${table}`,
    missingError,

    /** @throws {OperatorError} if the stage does not exist or is not reachable */
    async ask<T>(question: () => Promise<T>): Promise<T> {
      try {
        return await question();
      } catch (error) {
        if ((error as Error).name !== 'ResourceNotFoundException') throw unreachable(error as Error, name, endpoint);
        throw missingError('tables');
      }
    },
  };
}

/** Returns an error with a remedy if the stage is unreachable, and otherwise the error itself. */
function unreachable(error: Error & { code?: string }, name: string, endpoint: string | undefined): Error {
  if (error.code === 'ECONNREFUSED' || /ECONNREFUSED/.test(error.message)) {
    return new OperatorError(
      `Nothing responds at ${endpoint}. Is the embedded cloud running (npm start)? For an account, pass --stage.`,
    );
  }
  if (/Region is missing/.test(error.message)) {
    return new OperatorError(`For stage ${name} of an account, set its region: AWS_REGION=…`);
  }
  if (error.name === 'CredentialsProviderError') {
    return new OperatorError(`For stage ${name} of an account, AWS credentials are needed: ${error.message}`);
  }
  return error;
}
