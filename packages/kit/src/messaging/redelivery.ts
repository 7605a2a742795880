import { ChangeMessageVisibilityBatchCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { backoffSeconds, postponedSeconds } from './backoff.ts';
import { chunk } from './batches.ts';
import type { ReturnedMessage } from './consumer.ts';

/**
 * Sets the visibility timeout of messages that will be redelivered to their backoff, instead of the queue's long
 * default.
 */
export type Redeliver = (returned: readonly ReturnedMessage[]) => Promise<void>;

export interface RedeliveryOptions {
  client: SQSClient;
  queueUrl: string;
  now: () => Date;
  random: () => number;
}

/** Maximum number of entries per SQS call. */
const ENTRIES_PER_CALL = 10;

/** Until the redelivery, SQS delivers no later messages of the group, so that the order is kept. */
export const createRedelivery =
  ({ client, queueUrl, now, random }: RedeliveryOptions): Redeliver =>
  async (returned) => {
    await Promise.all(
      chunk(returned, ENTRIES_PER_CALL).map((messages) =>
        client.send(
          new ChangeMessageVisibilityBatchCommand({
            QueueUrl: queueUrl,
            Entries: messages.map(({ record: { receiptHandle, attributes }, until }, index) => {
              const receives = Number(attributes.ApproximateReceiveCount);
              return {
                Id: String(index),
                ReceiptHandle: receiptHandle,
                VisibilityTimeout: until
                  ? postponedSeconds(until, now(), receives, random)
                  : backoffSeconds(receives, random),
              };
            }),
          }),
        ),
      ),
    );
  };
