import { ChangeMessageVisibilityBatchCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { SQSRecord } from 'aws-lambda';
import { backoffSeconds } from './backoff.ts';

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
