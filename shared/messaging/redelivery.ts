import { ChangeMessageVisibilityBatchCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { backoffSeconds, secondsUntil } from './backoff.ts';
import type { GivenBack } from './consumer.ts';

/** Makes messages that were given back visible after their backoff, not after the queue's long visibility timeout. */
export type Redeliver = (givenBack: readonly GivenBack[]) => Promise<void>;

export interface RedeliveryOptions {
  client: SQSClient;
  queueUrl: string;
  now: () => Date;
  random: () => number;
}

/** A message group stays closed meanwhile, so its order is kept. */
export const createRedelivery =
  ({ client, queueUrl, now, random }: RedeliveryOptions): Redeliver =>
  async (givenBack) => {
    if (givenBack.length === 0) return;
    await client.send(
      new ChangeMessageVisibilityBatchCommand({
        QueueUrl: queueUrl,
        Entries: givenBack.map(({ record: { receiptHandle, attributes }, until }, index) => ({
          Id: String(index),
          ReceiptHandle: receiptHandle,
          VisibilityTimeout: until
            ? secondsUntil(until, now(), random)
            : backoffSeconds(Number(attributes.ApproximateReceiveCount), random),
        })),
      }),
    );
  };
