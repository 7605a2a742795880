import { Duration } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';

/** Most messages of a batch that is gathered for a second. */
const GATHERED = 50;

/**
 * Hands a queue's messages to a function, ten at a time, and lets it have them; CDK's own event source grants more than is
 * used.
 * @param gathers whether it waits for a second for a batch to fill: for what nobody waits for, from a queue that is not FIFO
 */
export function consumeFrom(queue: IQueue, fn: LambdaFunction, maxConcurrency: number, gathers = false): void {
  fn.addToRolePolicy(
    new PolicyStatement({
      actions: ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'],
      resources: [queue.queueArn],
    }),
  );
  fn.addEventSourceMapping(`From${queue.node.id}`, {
    eventSourceArn: queue.queueArn,
    batchSize: gathers ? GATHERED : 10,
    ...(gathers && { maxBatchingWindow: Duration.seconds(1) }),
    reportBatchItemFailures: true,
    maxConcurrency,
  });
}
