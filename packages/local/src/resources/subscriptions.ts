import { SubscribeCommand } from '@aws-sdk/client-sns';
import { CloudError } from '../errors/cloud-error.ts';
import { createFilter } from '../event-sources/filter.ts';
import {
  createNotificationMapping,
  createNotificationQueue,
  notificationQueueName,
} from '../event-sources/notifications.ts';
import type { Principal } from '../iam/policy.ts';
import type { Deployed, ResourceProvider } from '../template/resource.ts';
import { attributesOf } from './attributes.ts';
import { functionOf, qualifiedArn } from './function-of.ts';
import type { Runtime } from './runtime.ts';

interface SubscriptionProperties {
  TopicArn: string;
  Protocol: string;
  Endpoint?: string;
  RedrivePolicy?: { deadLetterTargetArn?: string };
  RawMessageDelivery?: boolean | string;
  FilterPolicy?: object;
}

const FILTER = ['FilterPolicy', 'FilterPolicyScope'];

/** AWS::SNS::Subscription to a queue or a function. */
export const subscriptions =
  (runtime: Runtime): ResourceProvider =>
  async ({ logicalId, properties }) => {
    const subscription = properties as unknown as SubscriptionProperties;
    const { Protocol, FilterPolicy } = subscription;
    // Throws an error for an unsupported operator, because a filter with such an operator would match no message.
    if (FilterPolicy) createFilter([JSON.stringify(FilterPolicy)]);
    const subscribeTo: Record<string, () => Promise<Deployed>> = {
      sqs: () => toQueue(runtime, subscription, logicalId),
      lambda: () => toFunction(runtime, subscription, logicalId),
    };
    const subscribe = Object.hasOwn(subscribeTo, Protocol) ? subscribeTo[Protocol] : undefined;
    if (subscribe) return subscribe();
    runtime.checks.push(() => checkOnlyAlarmsPublish(runtime, subscription, logicalId));
    return { ref: logicalId };
  };

/** The types of resources that may refer to a topic on which only alarms publish. */
const OF_ALARMS = /^AWS::(SNS::\w+|CloudWatch::Alarm|IAM::\w+|KMS::Key)$/;

/**
 * Accepts a subscription with an unsupported protocol if only alarms publish on its topic, because alarms are never
 * raised.
 * @throws {CloudError} if no alarm publishes on the topic, or if another sender may publish on it, whose messages would
 * not reach the subscription
 */
function checkOnlyAlarmsPublish(
  { created, access }: Runtime,
  { TopicArn, Protocol }: SubscriptionProperties,
  logicalId: string,
): void {
  const users = created
    .filter(({ properties }) => JSON.stringify(properties).includes(`"${TopicArn}"`))
    .map(({ type }) => type);
  const isOfAlarms = users.includes('AWS::CloudWatch::Alarm') && users.every((type) => OF_ALARMS.test(type));
  if (isOfAlarms && !access.isAllowedToAnyRole('sns:Publish', TopicArn)) return;
  throw new CloudError(
    `subscription ${logicalId}: the embedded cloud delivers messages of a topic only to queues and functions (protocols sqs and lambda), not by ${Protocol}: ${TopicArn}`,
  );
}

/** Checks at the end of the deployment that SNS has permission to deliver. */
function requireDeliveryPermission(
  { access, checks }: Runtime,
  source: string,
  action: string,
  resources: string[],
  logicalId: string,
) {
  const principal: Principal = { service: 'sns.amazonaws.com', source };
  checks.push(() => {
    for (const resource of new Set(resources))
      access.require({ principal, action, resource }, `subscription ${logicalId}`);
  });
}

async function toQueue(runtime: Runtime, subscription: SubscriptionProperties, logicalId: string): Promise<Deployed> {
  const { TopicArn, Protocol, Endpoint = '', RedrivePolicy } = subscription;
  const queues = [Endpoint, RedrivePolicy?.deadLetterTargetArn ?? Endpoint];
  requireDeliveryPermission(runtime, TopicArn, 'sqs:SendMessage', queues, logicalId);
  const Attributes = attributesOf({ ...subscription }, ['RawMessageDelivery', ...FILTER, 'RedrivePolicy']);
  const { SubscriptionArn = '' } = await runtime.sns.send(
    new SubscribeCommand({ TopicArn, Protocol, Endpoint, Attributes, ReturnSubscriptionArn: true }),
  );
  return { ref: SubscriptionArn };
}

/** Subscribes a function through an internal queue: SNS delivers to the queue, whose messages invoke the function. */
async function toFunction(
  runtime: Runtime,
  subscription: SubscriptionProperties,
  logicalId: string,
): Promise<Deployed> {
  const { TopicArn, Endpoint = '', RedrivePolicy, RawMessageDelivery = false } = subscription;
  if (TopicArn.endsWith('.fifo')) throw new Error(`SNS delivers from FIFO topics to queues only, not to ${Endpoint}`);
  if (String(RawMessageDelivery) === 'true')
    throw new Error(`SNS delivers raw messages to queues, streams and HTTP endpoints only, not to ${Endpoint}`);
  const { region, accountId, innerSqs, emulators, sns } = runtime;
  const target = functionOf(runtime, Endpoint);
  const arn = qualifiedArn(runtime, Endpoint);
  requireDeliveryPermission(runtime, TopicArn, 'lambda:InvokeFunction', [arn], logicalId);
  const deadLetters = RedrivePolicy?.deadLetterTargetArn;
  if (deadLetters) requireDeliveryPermission(runtime, TopicArn, 'sqs:SendMessage', [deadLetters], logicalId);
  const queueName = notificationQueueName(TopicArn, arn);
  await createNotificationQueue(innerSqs, queueName);
  const { SubscriptionArn: subscriptionArn = '' } = await sns.send(
    new SubscribeCommand({
      TopicArn,
      Protocol: 'sqs',
      Endpoint: `arn:aws:sqs:${region}:${accountId}:${queueName}`,
      Attributes: attributesOf({ ...subscription }, FILTER),
      ReturnSubscriptionArn: true,
    }),
  );
  const queueUrl = `${emulators.messagingUrl}/${accountId}/${queueName}`;
  runtime.mappings.push(createNotificationMapping({ sqs: innerSqs, queueUrl, target, subscriptionArn }));
  return { ref: subscriptionArn };
}
