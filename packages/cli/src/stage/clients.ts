import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { ServiceDiscoveryClient } from '@aws-sdk/client-servicediscovery';
import { SQSClient } from '@aws-sdk/client-sqs';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { OperatorError } from './errors.ts';

/** Where an operator works: a stage of an app, in an account or an embedded cloud. */
export interface StageOptions {
  /** The resources of the stage are called `APP-STAGE-…`. */
  app: string;
  /** Of the stage. */
  name: string;
  /** AWS endpoint of an embedded cloud or of LocalStack; undefined: the account that the credentials are of. */
  endpoint?: string | undefined;
}

const INVOKE_TIMEOUT_MS = 75_000;

export type StageClients = ReturnType<typeof clientsOf>;

/** AWS's own APIs, as a stage is reached by them. */
export function clientsOf({ app, name, endpoint }: StageOptions) {
  const config = endpoint
    ? {
        endpoint,
        region: process.env.AWS_REGION ?? process.env.AWS_DEFAULT_REGION ?? 'us-east-1',
        credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
      }
    : {};
  const missing = (what: string) =>
    new OperatorError(
      `There is no stage ${name} at ${endpoint ?? 'this account and region'}: it has no ${what} ${app}-${name}-*.`,
    );

  return {
    app,
    name,
    /** Of an embedded cloud, or LocalStack. */
    endpoint,
    /** Of further clients. */
    config,
    dynamodb: DynamoDBDocumentClient.from(new DynamoDBClient(config)),
    sqs: new SQSClient(config),
    // An embedded cloud has one host, and none whose name begins with data-.
    directory: new ServiceDiscoveryClient({ ...config, disableHostPrefix: endpoint !== undefined }),
    // A sweep takes up to a minute; an Invoke whose answer was lost is not to be repeated behind the operator's back.
    lambda: new LambdaClient({
      ...config,
      maxAttempts: 1,
      requestHandler: { requestTimeout: INVOKE_TIMEOUT_MS, throwOnRequestTimeout: true },
    }),
    /** The physical name of a table, function or stack of the stage; of nothing, what all of them begin with. */
    table: (table: string) => `${app}-${name}-${table}`,
    missing,

    /** @throws {OperatorError} if the stage is not there to be asked */
    async ask<T>(question: () => Promise<T>): Promise<T> {
      try {
        return await question();
      } catch (error) {
        if ((error as Error).name !== 'ResourceNotFoundException') throw unreachable(error as Error, name, endpoint);
        throw missing('tables');
      }
    },
  };
}

/** What to do about a stage that does not answer at all. */
function unreachable(error: Error & { code?: string }, name: string, endpoint: string | undefined): Error {
  if (error.code === 'ECONNREFUSED' || /ECONNREFUSED/.test(error.message)) {
    return new OperatorError(
      `Nothing answers at ${endpoint}. Is it running (npm start)? For an account, name its --stage.`,
    );
  }
  if (/Region is missing/.test(error.message)) {
    return new OperatorError(`For stage ${name} of an account, say in which region it is: AWS_REGION=…`);
  }
  if (error.name === 'CredentialsProviderError') {
    return new OperatorError(`For stage ${name} of an account, AWS credentials are needed: ${error.message}`);
  }
  return error;
}
