import { ChangeMessageVisibilityBatchCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { backoffSeconds, postponedSeconds } from './backoff.ts';
import { chunk } from './batches.ts';
import type { GivenBack } from './consumer.ts';

/** Makes messages that were given back visible after their backoff, not after the queue's long visibility timeout. */
export type Redeliver = (givenBack: readonly GivenBack[]) => Promise<void>;

export interface RedeliveryOptions {
  client: SQSClient;
  queueUrl: string;
  now: () => Date;
  random: () => number;
}

/** SQS takes so many in one call. */
const ENTRIES_PER_CALL = 10;

/** A message group stays closed meanwhile, so its order is kept. */
export const createRedelivery =
  ({ client, queueUrl, now, random }: RedeliveryOptions): Redeliver =>
  async (givenBack) => {
    await Promise.all(
      chunk(givenBack, ENTRIES_PER_CALL).map((some) =>
        client.send(
          new ChangeMessageVisibilityBatchCommand({
            QueueUrl: queueUrl,
            Entries: some.map(({ record: { receiptHandle, attributes }, until }, index) => {
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
