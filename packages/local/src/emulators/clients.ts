import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBStreamsClient } from '@aws-sdk/client-dynamodb-streams';
import { SNSClient } from '@aws-sdk/client-sns';
import { SQSClient } from '@aws-sdk/client-sqs';
import type { Emulators } from './emulators.ts';
import { JsonClient } from './json-client.ts';

/** SDK configuration for the embedded cloud or one of its emulators. */
export const clientConfig = (endpoint: string, region: string) => ({
  endpoint,
  region,
  credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
});

/** Clients that bypass the embedded cloud's endpoint. */
export interface Clients {
  dynamodb: DynamoDBClient;
  streams: DynamoDBStreamsClient;
  sns: SNSClient;
  /** For messages that AWS services send to each other. */
  innerSqs: SQSClient;
}

export interface QueueClients {
  sqs: SQSClient;
  /**
   * A client for Lambda's polling. Bypasses the embedded cloud's endpoint, unless injected faults must affect the
   * polling.
   */
  pollingSqs: JsonClient;
}

export function createClients(
  { dynamoDBUrl, messagingUrl }: Emulators,
  region: string,
  opened: AsyncDisposableStack,
): Clients {
  return closedWith(opened, {
    dynamodb: new DynamoDBClient(clientConfig(dynamoDBUrl, region)),
    streams: new DynamoDBStreamsClient(clientConfig(dynamoDBUrl, region)),
    sns: new SNSClient(clientConfig(messagingUrl, region)),
    innerSqs: new SQSClient(clientConfig(messagingUrl, region)),
  });
}

/**
 * @param endpoints `app`: the endpoint of the client that creates queues. Its host becomes part of the queues' URLs.
 * `polling`: the endpoint of Lambda's pollers
 */
export function createQueueClients(
  endpoints: { app: string; polling: string },
  region: string,
  opened: AsyncDisposableStack,
): QueueClients {
  return closedWith(opened, {
    sqs: new SQSClient(clientConfig(endpoints.app, region)),
    pollingSqs: new JsonClient(endpoints.polling, 'AmazonSQS'),
  });
}

function closedWith<T extends Record<string, { destroy(): void }>>(opened: AsyncDisposableStack, clients: T): T {
  opened.defer(() => {
    for (const client of Object.values(clients)) client.destroy();
  });
  return clients;
}
