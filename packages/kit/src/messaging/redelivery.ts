import { ChangeMessageVisibilityBatchCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { backoffSeconds, postponedSeconds } from './backoff.ts';
import { chunk } from './batches.ts';
import type { ReturnedMessage } from './consumer.ts';

/**
 * Sets the visibility timeout of each returned message: to the backoff of the message or, if the message is postponed,
 * to the time until it can be retried. The queue's default timeout would be too long for the first retries.
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

/**
 * Creates a function that delays the redelivery of returned messages. Until a message is redelivered, SQS delivers no
 * later messages of its group, so the order is preserved.
 */
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
