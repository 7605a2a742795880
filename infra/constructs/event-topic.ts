import { FifoThroughputScope, Topic } from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';

/** A FIFO topic whose throughput is limited by message group, not as a whole. TLS only. */
export class EventTopic extends Topic {
  constructor(scope: Construct, id: string, { name }: { name: string }) {
    super(scope, id, {
      topicName: `${name}.fifo`,
      fifo: true,
      fifoThroughputScope: FifoThroughputScope.MESSAGE_GROUP,
      enforceSSL: true,
    });
  }
}
