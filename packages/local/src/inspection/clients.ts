import { DynamoDBClient, type DynamoDBClientConfig } from '@aws-sdk/client-dynamodb';
import { SNSClient, type SNSClientConfig } from '@aws-sdk/client-sns';
import { SQSClient, type SQSClientConfig } from '@aws-sdk/client-sqs';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';

/** A response of the app's API. */
export interface ApiAnswer {
  status: number;
  headers: Headers;
  /** The parsed JSON; undefined if there is no body. */
  // biome-ignore lint/suspicious/noExplicitAny: tests check the type of the body
  body: any;
}

/** Creates clients for tests. They are closed when the cloud stops. */
export function createTestClients(
  config: DynamoDBClientConfig & SNSClientConfig & SQSClientConfig,
  opened: AsyncDisposableStack,
) {
  const [dynamodb, sns, sqs] = [new DynamoDBClient(config), new SNSClient(config), new SQSClient(config)];
  opened.defer(() => {
    for (const client of [dynamodb, sns, sqs]) client.destroy();
  });
  return { dynamodb: DynamoDBDocumentClient.from(dynamodb), sns, sqs };
}

/** @returns a function that calls an API. The function sends a string unchanged, and any other body as JSON */
export const requestTo =
  (apiUrl: string) =>
  async (method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<ApiAnswer> => {
    const response = await fetch(`${apiUrl}${path}`, {
      method,
      headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, body: text === '' ? undefined : JSON.parse(text) };
  };
