import { Duration, Stack } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import {
  type DeadLetterQueue,
  Queue,
  QueueEncryption,
  type QueueProps,
  type RedriveAllowPolicy,
  RedrivePermission,
} from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { keyFor } from './encryption.ts';
import { onlyOwnRoles } from './own-roles.ts';
import { ServiceFunction } from './service-function.ts';
import { concurrencyOf, type Stage } from './stage.ts';

/**
 * Batching window: long enough for the replies to one request to arrive in one batch and be combined into one write.
 */
const WINDOW = Duration.seconds(2);
const MAX_GATHERED = 200;
/** The retention period: the maximum of SQS. */
export const RETENTION = Duration.days(14);

export interface StageQueueProps {
  stage: Stage;
  name: string;
  deadLetters?: DeadLetterQueue;
  /** Name of the queue for which this queue is the dead-letter queue. */
  deadLettersOf?: string;
}

/**
 * Restricts which queues may use this queue as their dead-letter queue: only the queue with the name `source`, or no
 * queue if `source` is undefined. Without such a policy, SQS allows all queues of the account. SQS does not check the
 * sender of dead letters, so any principal that can create a queue could put messages into this queue
 * (https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-configure-dead-letter-queue.html).
 */
function redriveAllowPolicyOf(scope: Construct, id: string, source: string | undefined): RedriveAllowPolicy {
  if (source === undefined) return { redrivePermission: RedrivePermission.DENY_ALL };
  // The source is referred to by name, because the two queues refer to each other.
  const arn = Stack.of(scope).formatArn({ service: 'sqs', resource: source });
  return { sourceQueues: [Queue.fromQueueArn(scope, `${id}Source`, arn)] };
}

/**
 * A queue that keeps messages for 14 days, encrypted with the stage's customer managed key or, without such a key, with
 * a key of SQS. The queue requires TLS. Apart from AWS services, the deployment role and the account's root, only
 * roles of the stage can access it.
 * @beta
 */
export class StageQueue extends Queue {
  readonly #stage: Stage;

  constructor(scope: Construct, id: string, props: StageQueueProps, more: QueueProps = {}) {
    const { stage, name, deadLetters, deadLettersOf } = props;
    const encryptionMasterKey = keyFor(scope, id, stage);
    super(scope, id, {
      queueName: name,
      ...(encryptionMasterKey
        ? { encryption: QueueEncryption.KMS, encryptionMasterKey }
        : { encryption: QueueEncryption.SQS_MANAGED }),
      enforceSSL: true,
      retentionPeriod: RETENTION,
      // The kit sends no larger messages. A much larger message would not fit into an item of a table.
      maxMessageSizeBytes: 256 * 1024,
      // AWS recommends six times the function's timeout, so that a retried batch is not delivered twice.
      visibilityTimeout: Duration.seconds(6 * ServiceFunction.defaultTimeout.toSeconds()),
      redriveAllowPolicy: redriveAllowPolicyOf(scope, id, deadLettersOf),
      ...(deadLetters && { deadLetterQueue: deadLetters }),
      ...more,
    });
    this.#stage = stage;
    // A statement of a queue's policy can contain at most seven actions, or all actions (`sqs:*`). This statement must
    // deny more than seven, so it denies all.
    this.addToResourcePolicy(onlyOwnRoles(this, stage, ['sqs:*'], this.queueArn));
  }

  /**
   * Delivers the messages to a function in batches, and allows the function to receive them. CDK's own event source
   * grants more permissions than needed.
   * @param consumer name of the consumer. The stage's setting `subscriberConcurrency` for this consumer limits
   * concurrent batches
   * @param gathers whether to collect messages for up to two seconds, in batches of up to 200. Otherwise, batches have
   * at most ten messages, without waiting. Set `gathers` only for a standard queue of messages whose latency does not
   * matter
   */
  deliverTo(fn: LambdaFunction, consumer: string, gathers = false): void {
    fn.addToRolePolicy(
      new PolicyStatement({
        actions: ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'],
        resources: [this.queueArn],
      }),
    );
    fn.addEventSourceMapping(`From${this.node.id}`, {
      eventSourceArn: this.queueArn,
      batchSize: gathers ? MAX_GATHERED : 10,
      ...(gathers && { maxBatchingWindow: WINDOW }),
      reportBatchItemFailures: true,
      maxConcurrency: concurrencyOf(this.#stage, consumer),
    });
  }
}
