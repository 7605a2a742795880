import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';

/**
 * Limits that end a call well before the function times out: three attempts of at most two seconds each fit into the
 * shortest function timeout, ten seconds.
 * @beta
 */
export const clientDefaults = {
  maxAttempts: 3,
  requestHandler: { connectionTimeout: 1_000, requestTimeout: 2_000, throwOnRequestTimeout: true },
};

/**
 * Creates a DynamoDB client that reads and writes items as plain objects. The client omits attributes that are
 * `undefined`. It makes up to three attempts of at most two seconds each for a call.
 * @public
 */
export const createDynamoDB = () =>
  DynamoDBDocumentClient.from(new DynamoDBClient(clientDefaults), {
    marshallOptions: { removeUndefinedValues: true },
  });
