import type { IncomingHttpHeaders } from 'node:http';

/** Answers an operation of a service that speaks JSON. `undefined`: drop the connection. */
export type AwsHandler = (
  operation: string,
  request: string,
  headers: Record<string, string>,
) => Promise<{ status: number; body: unknown } | undefined> | { status: number; body: unknown };

/** Who answers calls. */
export interface Targets {
  dynamoDBUrl: string;
  messagingUrl: string;
  /** Services that this cloud has itself, by what `x-amz-target` begins with. */
  handlers: Record<string, { service: string; answer: AwsHandler }>;
}

export interface Target {
  /** Of the emulator that answers; or who answers here. */
  url: string | AwsHandler;
  service: string;
  operation: string;
}

/** @returns nothing, if the request is for no service that this cloud has */
export function targetOf(
  { dynamoDBUrl, messagingUrl, handlers }: Targets,
  headers: IncomingHttpHeaders,
  body: Buffer,
): Target | undefined {
  const [api = '', operation = ''] = String(headers['x-amz-target'] ?? '').split('.');
  if (api.startsWith('DynamoDBStreams')) return { url: dynamoDBUrl, service: 'dynamodbstreams', operation };
  if (api.startsWith('DynamoDB')) return { url: dynamoDBUrl, service: 'dynamodb', operation };
  if (api === 'AmazonSQS') return { url: messagingUrl, service: 'sqs', operation };
  const own = handlers[api];
  if (own) return { url: own.answer, service: own.service, operation };
  if (!headers['content-type']?.startsWith('application/x-www-form-urlencoded')) return undefined;
  const action = new URLSearchParams(body.toString()).get('Action') ?? '';
  const service = ['GetCallerIdentity', 'AssumeRole'].includes(action) ? 'sts' : 'sns';
  return { url: messagingUrl, service, operation: action };
}
