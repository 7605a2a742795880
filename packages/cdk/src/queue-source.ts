import { Duration } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';

/** What is gathered: long enough for the answers to one request to come together, and be one write. */
const WINDOW = Duration.seconds(2);
const MAX_GATHERED = 200;

/**
 * Hands a queue's messages to a function, ten at a time, and lets it have them; CDK's own event source grants more than is
 * used.
 * @param gathers whether it waits for a batch to fill: for what nobody waits for, from a queue that is not FIFO
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
    batchSize: gathers ? MAX_GATHERED : 10,
    ...(gathers && { maxBatchingWindow: WINDOW }),
    reportBatchItemFailures: true,
    maxConcurrency,
  });
}
