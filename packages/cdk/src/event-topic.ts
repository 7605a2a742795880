import { FifoThroughputScope, type TopicPolicy } from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import { removalPolicyOf } from './removal.ts';
import type { Stage } from './stage.ts';
import { StageTopic } from './stage-topic.ts';
import { deactivateArchiveOnDeletion } from './topic-archive.ts';

/**
 * A FIFO topic whose throughput is limited by message group, not as a whole, and which keeps what was published for as
 * long as the stage says.
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
    // What is archived is data. A topic that outlives its stack stays closed to others.
    this.applyRemovalPolicy(removalPolicyOf(stage));
    (this.node.findChild('Policy') as TopicPolicy).applyRemovalPolicy(removalPolicyOf(stage));
    deactivateArchiveOnDeletion(scope, `${id}Archive`, stage, this);
  }
}
