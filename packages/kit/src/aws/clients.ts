import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';

/**
 * Connections are kept alive by the SDK. A call that hangs is given up well before the function is: three attempts
 * of at most two seconds fit into the shortest function timeout, ten seconds.
 * @beta
 */
export const clientDefaults = {
  maxAttempts: 3,
  requestHandler: { connectionTimeout: 1_000, requestTimeout: 2_000, throwOnRequestTimeout: true },
};

/**
 * A client of DynamoDB for items as plain objects; attributes that are `undefined` are left out. A call is tried three times,
 * each for two seconds at most.
 * @public
 */
export const createDynamoDB = () =>
  DynamoDBDocumentClient.from(new DynamoDBClient(clientDefaults), {
    marshallOptions: { removeUndefinedValues: true },
  });
