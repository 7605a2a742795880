import { FifoThroughputScope, type TopicPolicy } from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import { removalPolicyOf } from './removal.ts';
import type { Stage } from './stage.ts';
import { StageTopic } from './stage-topic.ts';
import { deactivateArchiveOnDeletion } from './topic-archive.ts';

/**
 * A FIFO topic with throughput per message group, and an archive of published messages. The stage's setting
 * `eventArchiveDays` determines how long messages are archived. With null, there is no archive.
 */
export class EventTopic extends StageTopic {
  constructor(scope: Construct, id: string, { stage, name }: { stage: Stage; name: string }) {
    super(scope, id, {
      stage,
      name: `${name}.fifo`,
      fifo: true,
      fifoThroughputScope: FifoThroughputScope.MESSAGE_GROUP,
      ...(stage.eventArchiveDays !== null && { messageRetentionPeriodInDays: stage.eventArchiveDays }),
    });
    if (stage.eventArchiveDays === null) return;
    // The archive is data, so the topic is kept if the stage keeps its data. The topic's policy is also kept,
    // because it denies access to roles outside the stage.
    this.applyRemovalPolicy(removalPolicyOf(stage));
    (this.node.findChild('Policy') as TopicPolicy).applyRemovalPolicy(removalPolicyOf(stage));
    deactivateArchiveOnDeletion(scope, `${id}Archive`, stage, this);
  }
}
