import { FifoThroughputScope, Topic } from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import type { Stage } from '../stages.ts';
import { keyFor } from './encryption.ts';
import { onlyOwnRoles } from './own-roles.ts';

/**
 * A FIFO topic whose throughput is limited by message group, not as a whole, and which keeps what was published for as
 * long as the stage says. TLS only, and for its own stage only.
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
    this.addToResourcePolicy(onlyOwnRoles(stage, ['sns:Publish'], this.topicArn));
  }
}
