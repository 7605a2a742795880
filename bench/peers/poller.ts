import { DeleteMessageBatchCommand, ReceiveMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { type Message, toRecord } from '@rollcall/local/internal/event-sources/queue-records';
import type { SQSEvent, SQSRecord } from 'aws-lambda';
import { REGION } from './clients.ts';

/** The number of concurrent batches. */
export const BATCHES_AT_ONCE = 4;
/** The maximum number of messages per receive. */
export const BATCH_SIZE = 10;
export const LONG_POLL_SECONDS = 1;

export interface Running {
  stop(): Promise<void>;
}

/** Handles a batch. @returns the messages that must be redelivered */
export type HandleBatch = (event: SQSEvent) => Promise<readonly SQSRecord[]>;

/** Polls batches from a queue and deletes the handled messages, the way Lambda does. */
export function startPoller(sqs: SQSClient, queueUrl: string, handle: HandleBatch): Running {
  const stopping = new AbortController();
  const queueArn = `arn:aws:sqs:${REGION}:000000000000:${queueUrl.split('/').at(-1)}`;

  async function poll(): Promise<void> {
    const { Messages = [] } = await sqs.send(
      new ReceiveMessageCommand({
        QueueUrl: queueUrl,
        MaxNumberOfMessages: BATCH_SIZE,
        WaitTimeSeconds: LONG_POLL_SECONDS,
        MessageSystemAttributeNames: ['All'],
      }),
    );
    if (Messages.length === 0) return;
    // The records have no message attributes, because the SDK and Lambda represent these attributes differently.
    const Records = (Messages as unknown as Message[]).map((message) =>
      toRecord(message, { queueArn, region: REGION }),
    );
    const failed = await handle({ Records });
    const Entries = Records.filter((record) => !failed.includes(record)).map(({ receiptHandle }, index) => ({
      Id: String(index),
      ReceiptHandle: receiptHandle,
    }));
    if (Entries.length > 0) await sqs.send(new DeleteMessageBatchCommand({ QueueUrl: queueUrl, Entries }));
  }

  const pollers = Array.from({ length: BATCHES_AT_ONCE }, async () => {
    while (!stopping.signal.aborted) await poll();
  });
  return {
    async stop() {
      stopping.abort();
      await Promise.all(pollers);
    },
  };
}
