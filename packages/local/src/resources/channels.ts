import { CreateTopicCommand } from '@aws-sdk/client-sns';
import { CreateQueueCommand, SetQueueAttributesCommand } from '@aws-sdk/client-sqs';
import type { ResourceProvider } from '../template/resource.ts';
import { attributesOf } from './attributes.ts';
import { physicalName, type Runtime } from './runtime.ts';

/**
 * The supported attributes of queues. The emulator does not support the attributes for throughput and encryption, which
 * have no effect on one machine.
 */
const QUEUE_ATTRIBUTES = [
  'FifoQueue',
  'ContentBasedDeduplication',
  'DelaySeconds',
  'MaximumMessageSize',
  'MessageRetentionPeriod',
  'ReceiveMessageWaitTimeSeconds',
  'VisibilityTimeout',
  'RedrivePolicy',
];

/**
 * Refuses content-based deduplication by message group. The emulator deduplicates by queue, so the emulator would drop
 * a message with the same body as a message of another group.
 * @throws {Error} if a queue or topic has content-based deduplication by message group
 */
function checkDeduplication({ ContentBasedDeduplication }: Record<string, unknown>, isByGroup: boolean): void {
  if (ContentBasedDeduplication && isByGroup)
    throw new Error(
      'the embedded cloud supports content-based deduplication only by queue, not by message group: it would drop messages of different groups with the same body',
    );
}

/** AWS::SQS::Queue. */
export const queues =
  ({ sqs, region, accountId, endpointUrl, access }: Runtime): ResourceProvider =>
  async ({ stack, logicalId, properties }) => {
    const QueueName =
      physicalName(properties.QueueName, stack, logicalId) +
      (properties.FifoQueue && !properties.QueueName ? '.fifo' : '');
    checkDeduplication(properties, properties.DeduplicationScope === 'messageGroup');
    const { FifoQueue, ...changeable } = attributesOf(properties, QUEUE_ATTRIBUTES);
    const QueueUrl = `${endpointUrl}/${accountId}/${QueueName}`;
    // Sets the attributes in a separate call, so that an existing queue also gets the attributes of the template.
    await sqs.send(new CreateQueueCommand({ QueueName, ...(FifoQueue && { Attributes: { FifoQueue } }) }));
    await sqs.send(new SetQueueAttributesCommand({ QueueUrl, Attributes: changeable }));
    const Arn = `arn:aws:sqs:${region}:${accountId}:${QueueName}`;
    if (properties.KmsMasterKeyId) access.recordKey(Arn, String(properties.KmsMasterKeyId));
    return { ref: QueueUrl, attributes: { Arn, QueueName, QueueUrl } };
  };

/** AWS::SNS::Topic. */
export const topics =
  ({ sns, access, archive }: Runtime): ResourceProvider =>
  async ({ stack, logicalId, properties }) => {
    const Name = physicalName(properties.TopicName, stack, logicalId);
    checkDeduplication(properties, properties.FifoThroughputScope === 'MessageGroup');
    const { TopicArn = '' } = await sns.send(
      new CreateTopicCommand({
        Name,
        Attributes: attributesOf(properties, ['FifoTopic', 'ContentBasedDeduplication']),
      }),
    );
    if (properties.KmsMasterKeyId) access.recordKey(TopicArn, String(properties.KmsMasterKeyId));
    const { MessageRetentionPeriod } = (properties.ArchivePolicy ?? {}) as { MessageRetentionPeriod?: number | string };
    archive.setRetention(TopicArn, MessageRetentionPeriod === undefined ? undefined : Number(MessageRetentionPeriod));
    return { ref: TopicArn, attributes: { TopicArn, TopicName: Name } };
  };
