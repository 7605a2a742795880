import type { IncomingMessage } from 'node:http';
import type { AwsService } from '../beside/beside.ts';
import { isS3, type S3Call, s3CallOf } from '../iam/s3-requests.ts';
import type { Query } from './query.ts';

/** The implementations of services. */
export interface Targets {
  dynamoDBUrl: string;
  messagingUrl: string;
  /** Services that are implemented without an emulator, by the first part of `x-amz-target`. */
  services: Readonly<Record<string, AwsService>>;
}

export interface Target {
  /** URL of the emulator that implements the operation, or the implementation in this process. */
  implementation: string | AwsService;
  service: string;
  operation: string;
  /** Set for a call to S3. */
  s3?: S3Call;
}

const STS = new Set(['AssumeRole', 'GetCallerIdentity']);

/** @returns undefined if no service of this cloud supports the request */
export function targetOf(targets: Targets, request: IncomingMessage, query: Query | undefined): Target | undefined {
  const { dynamoDBUrl, messagingUrl, services } = targets;
  if (isS3(request.headers)) {
    const s3 = s3CallOf(request.method ?? '', request.url ?? '/', request.headers);
    return { implementation: messagingUrl, service: 's3', operation: s3.operation, s3 };
  }
  const [api = '', operation = ''] = String(request.headers['x-amz-target'] ?? '').split('.');
  if (api.startsWith('DynamoDBStreams')) return { implementation: dynamoDBUrl, service: 'dynamodbstreams', operation };
  if (api.startsWith('DynamoDB')) return { implementation: dynamoDBUrl, service: 'dynamodb', operation };
  if (api === 'AmazonSQS') return { implementation: messagingUrl, service: 'sqs', operation };
  const handled = services[api];
  if (handled) return { implementation: handled, service: handled.service, operation };
  return query && targetOfQuery(messagingUrl, query);
}

function targetOfQuery(implementation: string, { service, action }: Query): Target | undefined {
  const isKnown = service === 'sqs' || service === 'sns' || (service === 'sts' && STS.has(action));
  return isKnown ? { implementation, service, operation: action } : undefined;
}
