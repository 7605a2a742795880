import type { LambdaFunction } from '../lambda/function.ts';
import { createFilter } from './filter.ts';
import { Gate } from './gate.ts';
import type { Mapping } from './mapping.ts';
import { PolledQueue, type PolledQueueOptions } from './polled-queue.ts';
import { type Message, succeeded, toRecord } from './queue-records.ts';
import { repeat } from './repeat.ts';

export interface QueueMappingOptions extends PolledQueueOptions {
  region: string;
  target: LambdaFunction;
  batchSize: number;
  /**
   * Length of the batching window, which begins with the first message. If the length is 0, a batch is the result of
   * one receive.
   */
  windowMs: number;
  /** Maximum number of concurrent batches. */
  concurrency: number;
  reportBatchItemFailures: boolean;
  filters: string[];
  /** Whether a debugger may pause the function for longer than the visibility timeout. */
  isDebugged: boolean;
}

const LONG_POLL_SECONDS = 20;
/** https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventsourcemapping.html#invocation-eventsourcemapping-batching */
const MAX_BATCH_BYTES = 6 * 1024 ** 2;
/** Maximum size of one receive: ten messages of 256 KB, the maximum size of a message of the kit. */
const MAX_RECEIVED_BYTES = 10 * 256 * 1024;

const bytesOf = (messages: readonly Message[]): number =>
  messages.reduce((sum, { Body = '' }) => sum + Buffer.byteLength(Body), 0);

/**
 * Polls a queue and invokes a function with its messages
 * (https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html,
 * https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html).
 */
export function createQueueMapping(options: QueueMappingOptions): Mapping {
  const { queueUrl, target, batchSize, concurrency } = options;
  const queue = new PolledQueue(options);
  const matches = createFilter(options.filters);
  const stopping = new AbortController();
  const { signal } = stopping;
  const gate = new Gate();
  const inProgress = new Set<Promise<void>>();
  let polling: Promise<void> | undefined;

  async function handle(received: Message[]): Promise<void> {
    const records = received.map((message) => toRecord(message, options));
    const wanted = records.filter((record) => matches({ ...record, body: tryJson(record.body) }));
    // Messages that do not match the filters are deleted, too.
    const done = new Set(records.filter((record) => !wanted.includes(record)));
    if (wanted.length > 0) {
      const invoke = () => target.invoke(JSON.stringify({ Records: wanted }));
      const { ok, payload } = await (options.isDebugged ? queue.whileHidden(received, invoke) : invoke());
      if (ok)
        for (const record of succeeded(wanted, options.reportBatchItemFailures ? JSON.parse(payload) : null))
          done.add(record);
    }
    await queue.delete([...done].map(({ receiptHandle }) => receiptHandle));
  }

  /** Ignores the error if polling has stopped, so that messages that were already received are processed. */
  function unlessStopped(error: Error): Message[] {
    if (signal.aborted) return [];
    throw error;
  }

  /**
   * Receives a batch: the messages of one receive or, if there is a window, the messages that arrive within the window
   * and fit into a batch.
   */
  async function receiveBatch(): Promise<Message[]> {
    const messages = await queue.receive(batchSize, LONG_POLL_SECONDS, signal);
    const closesAt = Date.now() + options.windowMs;
    let bytes = bytesOf(messages);
    const isOpen = () => messages.length > 0 && Date.now() < closesAt && !gate.isClosed && !signal.aborted;
    while (isOpen() && messages.length < batchSize && bytes <= MAX_BATCH_BYTES - MAX_RECEIVED_BYTES) {
      const seconds = Math.min(Math.ceil((closesAt - Date.now()) / 1000), LONG_POLL_SECONDS);
      const more = await queue.receive(batchSize - messages.length, seconds, signal).catch(unlessStopped);
      bytes += bytesOf(more);
      messages.push(...more);
    }
    return messages;
  }

  async function poll(): Promise<void> {
    if (inProgress.size >= concurrency) {
      await Promise.race(inProgress);
      return;
    }
    await gate.whenOpen(signal);
    const messages = await receiveBatch();
    if (messages.length === 0) return;
    // Returns the messages to the queue if the gate was closed while they were received.
    if (gate.isClosed) return queue.makeVisible(messages);
    const work = handle(messages)
      .catch((error: Error) => console.error(`${queueUrl}: ${error.message}`))
      .finally(() => inProgress.delete(work));
    inProgress.add(work);
  }

  return {
    source: { functionName: target.settings.name, gate },
    start() {
      polling = repeat(poll, queueUrl, signal);
    },
    async stop() {
      stopping.abort();
      await polling;
      await Promise.all(inProgress);
    },
  };
}

function tryJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return body;
  }
}
