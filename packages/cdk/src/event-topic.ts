import { FifoThroughputScope, Topic, type TopicPolicy } from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import { keyFor } from './encryption.ts';
import { onlyOwnRoles } from './own-roles.ts';
import { removalPolicyOf } from './removal.ts';
import type { Stage } from './stage.ts';
import { deactivateArchiveOnDeletion } from './topic-archive.ts';

/**
 * Who may do these decides over a topic. With `READING`, they are all that its policy may name: SNS refuses one with any
 * other, or with a wildcard (https://docs.aws.amazon.com/sns/latest/dg/sns-access-policy-language-api-permissions-reference.html).
 */
export const CHANGING = [
  ...['Publish', 'SetTopicAttributes', 'PutDataProtectionPolicy', 'DeleteTopic', 'AddPermission', 'RemovePermission'],
].map((name) => `sns:${name}`);

export const READING = [
  ...['Subscribe', 'GetTopicAttributes', 'ListSubscriptionsByTopic', 'GetDataProtectionPolicy', 'ListTagsForResource'],
].map((name) => `sns:${name}`);

/**
 * A FIFO topic whose throughput is limited by message group, not as a whole, and which keeps what was published for as
 * long as the stage says. TLS only, and for its own stage only: whoever may subscribe gets all that is published.
 */
export class EventTopic extends Topic {
  constructor(scope: Construct, id: string, { stage, name }: { stage: Stage; name: string }) {
    const masterKey = keyFor(scope, id, stage);
    super(scope, id, {
      topicName: `${name}.fifo`,
      fifo: true,
      fifoThroughputScope: FifoThroughputScope.MESSAGE_GROUP,
      enforceSSL: true,
      ...(stage.eventArchiveDays !== null && { messageRetentionPeriodInDays: stage.eventArchiveDays }),
      ...(masterKey && { masterKey }),
    });
    this.addToResourcePolicy(onlyOwnRoles(this, stage, [...CHANGING, ...READING], this.topicArn));
    if (stage.eventArchiveDays === null) return;
    // What is archived is data. A topic that outlives its stack stays closed to others.
    this.applyRemovalPolicy(removalPolicyOf(stage));
    (this.node.findChild('Policy') as TopicPolicy).applyRemovalPolicy(removalPolicyOf(stage));
    deactivateArchiveOnDeletion(scope, `${id}Archive`, stage, this);
  }
}
