import { CloudError } from '../errors/cloud-error.ts';

/** What a condition key of a call is: the ARN of the resource in whose name the service calls, or its account. */
const VALUES = {
  'aws:SourceArn': (source: string) => source,
  'aws:SourceAccount': (source: string) => source.split(':')[4] ?? '',
  'kms:EncryptionContext:aws:logs:arn': (source: string) => source,
};

type Key = keyof typeof VALUES;

const DATA_KEYS = ['kms:Decrypt', 'kms:GenerateDataKey'];

const each = (actions: readonly string[], keys: readonly Key[]) => actions.map((action) => [action, keys] as const);

/**
 * The condition keys that a service is documented to send with a call of its own, besides those of every call. A key that is
 * not in here, a policy must not ask for: nobody says that it is sent, and without it the statement allows nothing.
 */
const SENT: Record<string, ReadonlyMap<string, readonly Key[]>> = {
  // https://docs.aws.amazon.com/lambda/latest/dg/access-control-resource-based.html
  apigateway: new Map([['lambda:InvokeFunction', ['aws:SourceArn']]]),
  events: new Map([['lambda:InvokeFunction', ['aws:SourceArn']]]),
  // https://docs.aws.amazon.com/sns/latest/dg/subscribe-sqs-queue-to-sns-topic.html; the key: CDK's SqsSubscription, and
  // https://docs.aws.amazon.com/sns/latest/dg/sns-enable-encryption-for-topic-sqs-queue-subscriptions.html
  sns: new Map([...each(['sqs:SendMessage', ...DATA_KEYS], ['aws:SourceArn'])]),
  // https://docs.aws.amazon.com/sns/latest/dg/sns-access-policy-use-cases.html; of the key, the example has no condition:
  // https://repost.aws/knowledge-center/cloudwatch-configure-alarm-sns
  cloudwatch: new Map([['sns:Publish', ['aws:SourceArn']], ...each(DATA_KEYS, [])]),
  // https://docs.aws.amazon.com/sms-voice/latest/userguide/configuration-sets-sns-creating-role.html: of the key, no condition
  'sms-voice': new Map([['sns:Publish', ['aws:SourceArn', 'aws:SourceAccount']], ...each(DATA_KEYS, [])]),
  // https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html
  logs: new Map([...each(DATA_KEYS, ['kms:EncryptionContext:aws:logs:arn'])]),
};

/**
 * The condition keys of a call that a service makes.
 * @param service such as `sns.amazonaws.com`
 * @param source ARN of the resource in whose name it calls: the topic, of which a message is delivered
 * @throws {CloudError} if nothing is known of such calls
 */
export function contextSentBy(service: string, source: string, action: string): Record<string, string> {
  const keys = SENT[service.split('.')[0] ?? '']?.get(action);
  if (!keys) throw new CloudError(`The embedded cloud does not know what ${service} sends with ${action}.`);
  return Object.fromEntries(keys.map((key) => [key, VALUES[key](source)]));
}
