import { type Notification, OBJECT_EVENTS, type ObjectEvent } from '../services/bucket-notifications.ts';
import { DEFAULT_BUS } from '../services/event-buses.ts';
import type { ResourceProvider } from '../template/resource.ts';
import { deliveryTo } from './delivery.ts';
import type { Runtime } from './runtime.ts';

interface Rule {
  Name: string;
  Value: string;
}

/**
 * A configuration in the form of the S3 API, which CDK's custom resource also uses:
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketNotificationConfiguration.html
 */
export interface NotificationConfiguration {
  EventBridgeConfiguration?: object;
  LambdaFunctionConfigurations?: Configuration[];
  QueueConfigurations?: Configuration[];
  TopicConfigurations?: Configuration[];
}

interface Configuration {
  Id?: string;
  Events: string[];
  Filter?: { Key?: { FilterRules?: Rule[] } };
  LambdaFunctionArn?: string;
  QueueArn?: string;
  TopicArn?: string;
}

/** A configuration in the form of AWS::S3::Bucket. */
export interface BucketNotificationProperties {
  EventBridgeConfiguration?: { EventBridgeEnabled?: boolean };
  LambdaConfigurations?: BucketConfiguration[];
  QueueConfigurations?: BucketConfiguration[];
  TopicConfigurations?: BucketConfiguration[];
}

interface BucketConfiguration {
  Event: string;
  Function?: string;
  Queue?: string;
  Topic?: string;
  Filter?: { S3Key?: { Rules?: Rule[] } };
}

/** Converts the form of AWS::S3::Bucket to the form of the S3 API. */
export function configurationOf(properties: BucketNotificationProperties): NotificationConfiguration {
  const {
    EventBridgeConfiguration: bridge,
    LambdaConfigurations,
    QueueConfigurations,
    TopicConfigurations,
  } = properties;
  const each = (all: BucketConfiguration[] = []) =>
    all.map(({ Event, Function: fn, Queue, Topic, Filter }): Configuration => {
      const to = {
        ...(fn && { LambdaFunctionArn: fn }),
        ...(Queue && { QueueArn: Queue }),
        ...(Topic && { TopicArn: Topic }),
      };
      return { ...to, Events: [Event], Filter: { Key: { FilterRules: Filter?.S3Key?.Rules ?? [] } } };
    });
  return {
    ...(bridge && (bridge.EventBridgeEnabled ?? true) && { EventBridgeConfiguration: {} }),
    LambdaFunctionConfigurations: each(LambdaConfigurations),
    QueueConfigurations: each(QueueConfigurations),
    TopicConfigurations: each(TopicConfigurations),
  };
}

/**
 * Custom::S3BucketNotifications, with which CDK configures a bucket's notifications. The function that CDK creates for
 * this custom resource is not invoked.
 */
export const bucketNotifications =
  (runtime: Runtime): ResourceProvider =>
  async ({ logicalId, properties }) => {
    const { BucketName, NotificationConfiguration } = properties as unknown as {
      BucketName: string;
      NotificationConfiguration: NotificationConfiguration;
    };
    configureNotifications(runtime, BucketName, NotificationConfiguration, logicalId);
    return { ref: logicalId };
  };

export function configureNotifications(
  runtime: Runtime,
  bucket: string,
  configuration: NotificationConfiguration,
  logicalId: string,
) {
  const { LambdaFunctionConfigurations = [], QueueConfigurations = [], TopicConfigurations = [] } = configuration;
  const all = [...LambdaFunctionConfigurations, ...QueueConfigurations, ...TopicConfigurations];
  runtime.bucketNotifications.add(bucket, {
    notifications: all.map((one) => notificationOf(runtime, bucket, one, logicalId)),
    toBus: configuration.EventBridgeConfiguration && ((event) => runtime.buses.put(DEFAULT_BUS, event)),
  });
}

function notificationOf(
  runtime: Runtime,
  bucket: string,
  configuration: Configuration,
  logicalId: string,
): Notification {
  const { Events, Filter, LambdaFunctionArn, QueueArn, TopicArn } = configuration;
  const rules = Filter?.Key?.FilterRules ?? [];
  const rule = (name: string) => rules.find(({ Name }) => Name.toLowerCase() === name)?.Value ?? '';
  const source = `arn:aws:s3:::${bucket}`;
  const principal = { service: 's3.amazonaws.com', source, account: runtime.accountId };
  const arn = LambdaFunctionArn ?? QueueArn ?? TopicArn ?? '';
  if (arn.endsWith('.fifo')) throw new Error(`S3 does not notify FIFO queues and topics, such as ${arn}`);
  const deliver = deliveryTo(runtime, arn, { principal, errorPrefix: `notifications ${logicalId}` });
  return {
    id: configuration.Id ?? logicalId,
    events: Events.flatMap(objectEventsOf),
    prefix: rule('prefix'),
    suffix: rule('suffix'),
    deliver: (body) => deliver({ body, subject: 'Amazon S3 Notification' }),
  };
}

function objectEventsOf(event: string): readonly ObjectEvent[] {
  const events = Object.hasOwn(OBJECT_EVENTS, event) ? OBJECT_EVENTS[event] : undefined;
  if (events) return events;
  throw new Error(`the embedded cloud never sends ${event}; it sends ${Object.keys(OBJECT_EVENTS).join(', ')}`);
}
