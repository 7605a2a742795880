import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';

/**
 * Limits that end a call well before the function times out: three attempts of at most two seconds each fit into the
 * shortest function timeout, ten seconds. The SDK keeps connections alive by default.
 * @beta
 */
export const clientDefaults = {
  maxAttempts: 3,
  requestHandler: { connectionTimeout: 1_000, requestTimeout: 2_000, throwOnRequestTimeout: true },
};

/**
 * A DynamoDB client for items as plain objects. It omits attributes that are `undefined`. Each call has up to three
 * attempts of at most two seconds each.
 * @public
 */
export const createDynamoDB = () =>
  DynamoDBDocumentClient.from(new DynamoDBClient(clientDefaults), {
    marshallOptions: { removeUndefinedValues: true },
  });
