import type { IncomingMessage } from 'node:http';
import type { AwsService } from '../beside/beside.ts';
import { isS3, type S3Call, s3CallOf } from '../iam/s3-requests.ts';

/** Who answers calls. */
export interface Targets {
  dynamoDBUrl: string;
  messagingUrl: string;
  /** Services that are answered for without an emulator, by the first part of `x-amz-target`. */
  services: Readonly<Record<string, AwsService>>;
}

export interface Target {
  /** Of the emulator that answers; or who answers here. */
  by: string | AwsService;
  service: string;
  operation: string;
  /** Of a call of S3. */
  s3?: S3Call;
}

/** @returns nothing, if the request is for no service that this cloud has */
export function targetOf(
  { dynamoDBUrl, messagingUrl, services }: Targets,
  { method = '', url = '/', headers }: Pick<IncomingMessage, 'method' | 'url' | 'headers'>,
  body: Buffer,
): Target | undefined {
  if (isS3(headers)) {
    const s3 = s3CallOf(method, url, headers);
    return { by: messagingUrl, service: 's3', operation: s3.operation, s3 };
  }
  const [api = '', operation = ''] = String(headers['x-amz-target'] ?? '').split('.');
  if (api.startsWith('DynamoDBStreams')) return { by: dynamoDBUrl, service: 'dynamodbstreams', operation };
  if (api.startsWith('DynamoDB')) return { by: dynamoDBUrl, service: 'dynamodb', operation };
  if (api === 'AmazonSQS') return { by: messagingUrl, service: 'sqs', operation };
  const own = services[api];
  if (own) return { by: own, service: own.service, operation };
  if (!headers['content-type']?.startsWith('application/x-www-form-urlencoded')) return undefined;
  const action = new URLSearchParams(body.toString()).get('Action') ?? '';
  const service = ['GetCallerIdentity', 'AssumeRole'].includes(action) ? 'sts' : 'sns';
  return { by: messagingUrl, service, operation: action };
}
