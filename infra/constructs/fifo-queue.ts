import { Duration, Stack } from 'aws-cdk-lib';
import {
  DeduplicationScope,
  FifoThroughputLimit,
  Queue,
  QueueEncryption,
  type RedriveAllowPolicy,
  RedrivePermission,
} from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { MAX_RECEIVES } from '../../shared/config/redelivery.ts';
import type { Stage } from '../stages.ts';
import { keyFor } from './encryption.ts';
import { onlyOwnRoles } from './own-roles.ts';
import { ServiceFunction } from './service-function.ts';

export interface FifoQueueProps {
  stage: Stage;
  name: string;
  deadLetters?: Queue;
  /** Name of the queue whose dead letters it takes. */
  deadLettersOf?: string;
}

/**
 * Whose dead letters a queue takes. By default any queue's of the account: SQS moves them without asking who may send, so
 * that whoever makes a queue could put messages into this one
 * (https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-configure-dead-letter-queue.html).
 */
function deadLettersTaken(scope: Construct, id: string, source: string | undefined): RedriveAllowPolicy {
  if (source === undefined) return { redrivePermission: RedrivePermission.DENY_ALL };
  // By its name: each of the two refers to the other.
  const arn = Stack.of(scope).formatArn({ service: 'sqs', resource: `${source}.fifo` });
  return { sourceQueues: [Queue.fromQueueArn(scope, `${id}Source`, arn)] };
}

/** A FIFO queue of high throughput. TLS only, and for its own stage only. */
export class FifoQueue extends Queue {
  constructor(scope: Construct, id: string, { stage, name, deadLetters, deadLettersOf }: FifoQueueProps) {
    const encryptionMasterKey = keyFor(scope, id, stage);
    super(scope, id, {
      queueName: `${name}.fifo`,
      fifo: true,
      deduplicationScope: DeduplicationScope.MESSAGE_GROUP,
      fifoThroughputLimit: FifoThroughputLimit.PER_MESSAGE_GROUP_ID,
      ...(encryptionMasterKey
        ? { encryption: QueueEncryption.KMS, encryptionMasterKey }
        : { encryption: QueueEncryption.SQS_MANAGED }),
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
      // What SNS takes at most. A larger one, sent past the topic, would not fit into a table's item.
      maxMessageSizeBytes: 256 * 1024,
      // AWS's advice is six times the function's timeout, so that a retried batch does not come up twice.
      visibilityTimeout: Duration.seconds(6 * ServiceFunction.defaultTimeout.toSeconds()),
      redriveAllowPolicy: deadLettersTaken(scope, id, deadLettersOf),
      ...(deadLetters && { deadLetterQueue: { queue: deadLetters, maxReceiveCount: MAX_RECEIVES } }),
    });
    // A statement of a queue's policy may name seven actions, or all.
    this.addToResourcePolicy(onlyOwnRoles(this, stage, ['sqs:*'], this.queueArn));
  }
}

/** A FIFO queue, and one for what it gives up. */
export class ConsumedQueue extends Construct {
  readonly queue: Queue;
  readonly deadLetters: Queue;

  constructor(scope: Construct, id: string, { stage, name }: Pick<FifoQueueProps, 'stage' | 'name'>) {
    super(scope, id);
    this.deadLetters = new FifoQueue(this, 'Queue-dlq', { stage, name: `${name}-dlq`, deadLettersOf: name });
    this.queue = new FifoQueue(this, 'Queue', { stage, name, deadLetters: this.deadLetters });
  }
}
