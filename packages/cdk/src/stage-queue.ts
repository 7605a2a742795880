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

/** What is gathered: long enough for the answers to one request to come together, and be one write. */
const WINDOW = Duration.seconds(2);
const MAX_GATHERED = 200;
/** The most that SQS has. */
export const RETENTION = Duration.days(14);

export interface StageQueueProps {
  stage: Stage;
  name: string;
  deadLetters?: DeadLetterQueue;
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
  const arn = Stack.of(scope).formatArn({ service: 'sqs', resource: source });
  return { sourceQueues: [Queue.fromQueueArn(scope, `${id}Source`, arn)] };
}

/**
 * A queue with the stage's key, which keeps messages for 14 days. TLS only, and for its own stage only.
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
      // What the kit sends at most. A larger one would not fit into a table's item.
      maxMessageSizeBytes: 256 * 1024,
      // AWS's advice is six times the function's timeout, so that a retried batch does not come up twice.
      visibilityTimeout: Duration.seconds(6 * ServiceFunction.defaultTimeout.toSeconds()),
      redriveAllowPolicy: deadLettersTaken(scope, id, deadLettersOf),
      ...(deadLetters && { deadLetterQueue: deadLetters }),
      ...more,
    });
    this.#stage = stage;
    // A statement of a queue's policy may name seven actions, or all.
    this.addToResourcePolicy(onlyOwnRoles(this, stage, ['sqs:*'], this.queueArn));
  }

  /**
   * Hands its messages to a function, ten at a time, and lets it have them; CDK's own event source grants more than is used.
   * @param consumer whose `subscriberConcurrency` of the stage says how many batches the function handles at once
   * @param gathers whether it waits for a batch to fill: for what nobody waits for, from a queue that is not FIFO
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
