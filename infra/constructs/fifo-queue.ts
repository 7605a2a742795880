import { DeduplicationScope, FifoThroughputLimit } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { MAX_RECEIVES } from '../../shared/config/redelivery.ts';
import type { Stage } from '../stages.ts';
import { StageQueue, type StageQueueProps } from './stage-queue.ts';

/** A FIFO queue of high throughput. */
export class FifoQueue extends StageQueue {
  constructor(scope: Construct, id: string, { name, deadLettersOf, ...props }: StageQueueProps) {
    const names = { name: `${name}.fifo`, ...(deadLettersOf && { deadLettersOf: `${deadLettersOf}.fifo` }) };
    super(
      scope,
      id,
      { ...props, ...names },
      {
        fifo: true,
        deduplicationScope: DeduplicationScope.MESSAGE_GROUP,
        fifoThroughputLimit: FifoThroughputLimit.PER_MESSAGE_GROUP_ID,
      },
    );
  }
}

/** A FIFO queue, and one for what it gives up. */
export class ConsumedQueue extends Construct {
  readonly queue: FifoQueue;
  readonly deadLetters: FifoQueue;

  constructor(scope: Construct, id: string, { stage, name }: { stage: Stage; name: string }) {
    super(scope, id);
    this.deadLetters = new FifoQueue(this, 'Queue-dlq', { stage, name: `${name}-dlq`, deadLettersOf: name });
    const deadLetters = { queue: this.deadLetters, maxReceiveCount: MAX_RECEIVES };
    this.queue = new FifoQueue(this, 'Queue', { stage, name, deadLetters });
  }
}
