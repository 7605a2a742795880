import { CloudError } from '../errors/cloud-error.ts';

/**
 * For each condition key, a function that computes the key's value from the ARN and account of the resource on whose
 * behalf a service calls.
 */
const VALUES = {
  'aws:SourceArn': (source: string) => source,
  'aws:SourceAccount': (source: string, account: string | undefined) => account ?? source.split(':')[4] ?? '',
  'kms:EncryptionContext:aws:logs:arn': (source: string) => source,
};

export type ContextKey = keyof typeof VALUES;

/** Condition keys that a service sends with its own calls, by action. */
export type SentKeys = Readonly<Record<string, readonly ContextKey[]>>;

/** A service that calls another service. */
export interface ServicePrincipal {
  /** Such as `sns.amazonaws.com`. */
  service: string;
  /** ARN of the resource on whose behalf the service calls, such as the topic whose message is delivered. */
  source?: string;
  /** Account of the resource if the resource's ARN contains no account, as for buckets. */
  account?: string;
  /** The condition keys that the service sends, according to its documentation. Default: the keys in {@link SENT}. */
  sends?: SentKeys;
}

const DATA_KEYS = ['kms:Decrypt', 'kms:GenerateDataKey'];

const forActions = (actions: readonly string[], keys: readonly ContextKey[]): SentKeys =>
  Object.fromEntries(actions.map((action) => [action, keys]));

/**
 * The condition keys that services send with their own calls, according to their documentation, besides the keys of
 * every call. A statement that requires any other key allows nothing.
 */
const SENT: Record<string, SentKeys> = {
  // https://docs.aws.amazon.com/lambda/latest/dg/access-control-resource-based.html
  apigateway: { 'lambda:InvokeFunction': ['aws:SourceArn'] },
  // The same page, and https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html
  events: forActions(
    ['lambda:InvokeFunction', 'sqs:SendMessage', 'sns:Publish', ...DATA_KEYS],
    ['aws:SourceArn', 'aws:SourceAccount'],
  ),
  // Queues: https://docs.aws.amazon.com/sns/latest/dg/subscribe-sqs-queue-to-sns-topic.html
  // Functions: https://docs.aws.amazon.com/lambda/latest/dg/with-sns.html
  // KMS keys: CDK's SqsSubscription, and
  // https://docs.aws.amazon.com/sns/latest/dg/sns-enable-encryption-for-topic-sqs-queue-subscriptions.html
  sns: forActions(['sqs:SendMessage', 'lambda:InvokeFunction', ...DATA_KEYS], ['aws:SourceArn']),
  // Topics: https://docs.aws.amazon.com/sns/latest/dg/sns-access-policy-use-cases.html
  // KMS keys (an example without a condition): https://repost.aws/knowledge-center/cloudwatch-configure-alarm-sns
  cloudwatch: { 'sns:Publish': ['aws:SourceArn'], ...forActions(DATA_KEYS, []) },
  // https://docs.aws.amazon.com/AmazonS3/latest/userguide/grant-destinations-permissions-to-s3.html
  s3: forActions(
    ['lambda:InvokeFunction', 'sqs:SendMessage', 'sns:Publish', ...DATA_KEYS],
    ['aws:SourceArn', 'aws:SourceAccount'],
  ),
  // https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html
  logs: forActions(DATA_KEYS, ['kms:EncryptionContext:aws:logs:arn']),
};

/**
 * The condition keys of a service's call.
 * @throws {CloudError} if the keys for this service and action are unknown
 */
export function contextSentBy(
  { service, source, account, sends }: ServicePrincipal,
  action: string,
): Record<string, string> {
  if (source === undefined) return {};
  const keys = (sends ?? SENT[service.split('.')[0] ?? ''])?.[action];
  if (!keys)
    throw new CloudError(`The embedded cloud does not know which condition keys ${service} sends with ${action}.`);
  return Object.fromEntries(keys.map((key) => [key, VALUES[key](source, account)]));
}
