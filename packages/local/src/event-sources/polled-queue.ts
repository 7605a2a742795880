import { setTimeout as delay } from 'node:timers/promises';
import type { Meter } from '../metering/meter.ts';
import type { Calls } from '../observability/calls.ts';
import type { Message } from './queue-records.ts';

export interface PolledQueueOptions {
  /** Calls SQS by its JSON protocol. */
  sqs: { call<Output>(operation: string, input: object, signal?: AbortSignal): Promise<Output> };
  calls: Calls;
  queueUrl: string;
  queueArn: string;
  meter?: Meter | undefined;
}

/** Maximum number of messages per call. */
const ENTRIES_PER_CALL = 10;

const inCalls = <T>(all: readonly T[]): T[][] =>
  Array.from({ length: Math.ceil(all.length / ENTRIES_PER_CALL) }, (_, call) =>
    all.slice(call * ENTRIES_PER_CALL, (call + 1) * ENTRIES_PER_CALL),
  );

/**
 * The calls of Lambda's poller to a queue. Receives and deletions are counted and, except for empty receives, metered.
 */
export class PolledQueue {
  readonly #options: PolledQueueOptions;

  constructor(options: PolledQueueOptions) {
    this.#options = options;
  }

  /** The last part of the queue's ARN, `arn:aws:sqs:REGION:ACCOUNT:NAME`. */
  get #name(): string {
    return this.#options.queueArn.split(':').at(-1) ?? '';
  }

  async receive(most: number, WaitTimeSeconds: number, abortSignal: AbortSignal): Promise<Message[]> {
    const { sqs, calls, queueUrl, meter } = this.#options;
    calls.count('sqs', 'ReceiveMessage');
    const input = {
      QueueUrl: queueUrl,
      MaxNumberOfMessages: Math.min(most, ENTRIES_PER_CALL),
      WaitTimeSeconds,
      MessageSystemAttributeNames: ['All'],
      MessageAttributeNames: ['All'],
    };
    const { Messages = [] } = await sqs.call<{ Messages?: Message[] }>('ReceiveMessage', input, abortSignal);
    const bodies = Messages.map(({ Body }) => Body);
    if (Messages.length > 0) meter?.recordPoll('ReceiveMessage', this.#name, bodies);
    return Messages;
  }

  async delete(receiptHandles: readonly string[]): Promise<void> {
    const { sqs, calls, queueUrl, meter } = this.#options;
    await Promise.all(
      inCalls(receiptHandles).map((handles) => {
        meter?.recordPoll('DeleteMessageBatch', this.#name, Array(handles.length).fill(''));
        calls.count('sqs', 'DeleteMessageBatch');
        const Entries = handles.map((ReceiptHandle, index) => ({ Id: String(index), ReceiptHandle }));
        return sqs.call('DeleteMessageBatch', { QueueUrl: queueUrl, Entries });
      }),
    );
  }

  /** Makes messages visible again immediately. */
  makeVisible(messages: readonly Message[]): Promise<void> {
    return this.#hide(messages, 0);
  }

  /** Runs a function while messages stay hidden, even beyond their visibility timeout. */
  async whileHidden<T>(messages: readonly Message[], run: () => Promise<T>): Promise<T> {
    const { sqs, queueUrl: QueueUrl } = this.#options;
    const ended = new AbortController();
    const stayHidden = async () => {
      const input = { QueueUrl, AttributeNames: ['VisibilityTimeout'] };
      const { Attributes } = await sqs.call<{ Attributes: Record<string, string> }>('GetQueueAttributes', input);
      const seconds = Math.max(Number(Attributes.VisibilityTimeout), 1);
      for (;;) {
        await delay(seconds * 500, undefined, ended).catch(() => {});
        if (ended.signal.aborted) return;
        await this.#hide(messages, seconds);
      }
    };
    // If hiding fails, the messages become visible after their visibility timeout. The result of `run` is returned
    // anyway.
    const hidden = stayHidden().catch((error: Error) => console.error(`${QueueUrl}: ${error.message}`));
    try {
      return await run();
    } finally {
      ended.abort();
      await hidden;
    }
  }

  async #hide(messages: readonly Message[], VisibilityTimeout: number): Promise<void> {
    const { sqs, queueUrl } = this.#options;
    for (const batch of inCalls(messages)) {
      const Entries = batch.map(({ ReceiptHandle }, index) => ({
        Id: String(index),
        ReceiptHandle,
        VisibilityTimeout,
      }));
      await sqs.call('ChangeMessageVisibilityBatch', { QueueUrl: queueUrl, Entries });
    }
  }
}
