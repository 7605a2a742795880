import { MAX_RECEIVES } from '@rollcall/kit/internal/contracts/redelivery';
import { DeduplicationScope, FifoThroughputLimit } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { Stage } from './stage.ts';
import { StageQueue, type StageQueueProps } from './stage-queue.ts';

/** A FIFO queue in high-throughput mode. */
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

/** A queue and its dead-letter queue. Both are FIFO if the order of the messages matters. */
export class ConsumedQueue extends Construct {
  readonly queue: StageQueue;
  readonly deadLetters: StageQueue;

  constructor(
    scope: Construct,
    id: string,
    { stage, name, ordered = true }: { stage: Stage; name: string; ordered?: boolean },
  ) {
    super(scope, id);
    const Kind = ordered ? FifoQueue : StageQueue;
    this.deadLetters = new Kind(this, 'Queue-dlq', { stage, name: `${name}-dlq`, deadLettersOf: name });
    const deadLetters = { queue: this.deadLetters, maxReceiveCount: MAX_RECEIVES };
    this.queue = new Kind(this, 'Queue', { stage, name, deadLetters });
  }
}
