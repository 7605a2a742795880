import { ChangeMessageVisibilityBatchCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { SQSRecord } from 'aws-lambda';

const LONGEST_SECONDS = 900;

/**
 * When to try a message again that has been received this often: twice as long after each time, the second half of
 * it by chance, so that messages that failed together do not come back together.
 */
export function backoffSeconds(receives: number, random: () => number): number {
  const most = Math.min(2 ** receives, LONGEST_SECONDS);
  return Math.ceil(most / 2 + (random() * most) / 2);
}

/** Makes messages that were given back visible after their backoff, not after the queue's long visibility timeout. */
export type Redeliver = (records: readonly SQSRecord[]) => Promise<void>;

export interface RedeliveryOptions {
  client: SQSClient;
  queueUrl: string;
  random: () => number;
}

/** A message group stays closed meanwhile, so its order is kept. */
export const createRedelivery =
  ({ client, queueUrl, random }: RedeliveryOptions): Redeliver =>
  async (records) => {
    if (records.length === 0) return;
    await client.send(
      new ChangeMessageVisibilityBatchCommand({
        QueueUrl: queueUrl,
        Entries: records.map(({ receiptHandle, attributes }, index) => ({
          Id: String(index),
          ReceiptHandle: receiptHandle,
          VisibilityTimeout: backoffSeconds(Number(attributes.ApproximateReceiveCount), random),
        })),
      }),
    );
  };
