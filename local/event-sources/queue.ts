import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  type Message,
  ReceiveMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import type { SQSBatchResponse, SQSRecord } from 'aws-lambda';
import type { LambdaFunction } from '../lambda/function.ts';
import type { Meter } from '../metering/meter.ts';
import type { Calls } from '../observability/calls.ts';
import { createFilter } from './filter.ts';
import { Gate } from './gate.ts';
import { repeat } from './repeat.ts';

export interface QueueMappingOptions {
  sqs: SQSClient;
  calls: Calls;
  queueUrl: string;
  queueArn: string;
  region: string;
  target: LambdaFunction;
  batchSize: number;
  /** How long a batch may take to fill, from its first message; 0: it is what one receive brings. */
  windowMs: number;
  /** Most batches at work at once. */
  concurrency: number;
  reportBatchItemFailures: boolean;
  filters: string[];
  meter?: Meter | undefined;
}

/** What SQS hands out, or takes, in one call. */
const ENTRIES_PER_CALL = 10;
const LONG_POLL_SECONDS = 20;

const inCalls = <T>(all: readonly T[]): T[][] =>
  Array.from({ length: Math.ceil(all.length / ENTRIES_PER_CALL) }, (_, call) =>
    all.slice(call * ENTRIES_PER_CALL, (call + 1) * ENTRIES_PER_CALL),
  );

/** What wakes functions. */
export interface Mapping {
  start(): void;
  stop(): Promise<void>;
  /** Of a function that takes what comes from a queue or a stream: closed, it takes nothing. */
  source?: { functionName: string; gate: Gate };
}

/** Polls a queue and invokes a function with what it receives (docs: services-sqs-errorhandling, -scaling). */
export function createQueueMapping(options: QueueMappingOptions): Mapping {
  const { sqs, calls, queueUrl, queueArn, target, concurrency, meter } = options;
  const matches = createFilter(options.filters);
  const stopping = new AbortController();
  const gate = new Gate();
  const atWork = new Set<Promise<void>>();
  let polling: Promise<void> | undefined;

  async function handle(received: Message[]): Promise<void> {
    const records = received.map((message) => toRecord(message, options));
    const wanted = records.filter((record) => matches({ ...record, body: tryJson(record.body) }));
    // What does not match is deleted.
    const done = new Set(records.filter((record) => !wanted.includes(record)));
    if (wanted.length > 0) {
      const { ok, payload } = await target.invoke(JSON.stringify({ Records: wanted }));
      if (ok)
        for (const record of succeeded(wanted, options.reportBatchItemFailures ? JSON.parse(payload) : null))
          done.add(record);
    }
    if (done.size === 0) return;
    await Promise.all(
      inCalls([...done]).map((some) => {
        meter?.polled('DeleteMessageBatch', nameOf(queueArn), Array(some.length).fill(''));
        calls.count('sqs', 'DeleteMessageBatch');
        const Entries = some.map(({ receiptHandle }, index) => ({ Id: String(index), ReceiptHandle: receiptHandle }));
        return sqs.send(new DeleteMessageBatchCommand({ QueueUrl: queueUrl, Entries }));
      }),
    );
  }

  /** What a batch has: of what one receive brings, or of all that come while its window is open. */
  async function receiveBatch(): Promise<Message[]> {
    const messages = await receive(options.batchSize, LONG_POLL_SECONDS);
    const closesAt = Date.now() + options.windowMs;
    while (messages.length > 0 && messages.length < options.batchSize && Date.now() < closesAt && !gate.isClosed) {
      const seconds = Math.ceil((closesAt - Date.now()) / 1000);
      messages.push(...(await receive(options.batchSize - messages.length, seconds)));
    }
    return messages;
  }

  async function receive(most: number, WaitTimeSeconds: number): Promise<Message[]> {
    calls.count('sqs', 'ReceiveMessage');
    const { Messages = [] } = await sqs.send(
      new ReceiveMessageCommand({
        QueueUrl: queueUrl,
        MaxNumberOfMessages: Math.min(most, ENTRIES_PER_CALL),
        WaitTimeSeconds,
        MessageSystemAttributeNames: ['All'],
        MessageAttributeNames: ['All'],
      }),
      { abortSignal: stopping.signal },
    );
    if (Messages.length > 0)
      meter?.polled(
        'ReceiveMessage',
        nameOf(queueArn),
        Messages.map(({ Body = '' }) => Body),
      );
    return Messages;
  }

  async function giveBack(messages: Message[]): Promise<void> {
    for (const some of inCalls(messages)) {
      const Entries = some.map(({ ReceiptHandle }, index) => ({
        Id: String(index),
        ReceiptHandle,
        VisibilityTimeout: 0,
      }));
      await sqs.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl: queueUrl, Entries }));
    }
  }

  async function poll(): Promise<void> {
    if (atWork.size >= concurrency) {
      await Promise.race(atWork);
      return;
    }
    await gate.passed(stopping.signal);
    const messages = await receiveBatch();
    if (messages.length === 0) return;
    // It was closed while this one waited for messages.
    if (gate.isClosed) return giveBack(messages);
    const work = handle(messages)
      .catch((error: Error) => console.error(`${queueUrl}: ${error.message}`))
      .finally(() => atWork.delete(work));
    atWork.add(work);
  }

  return {
    source: { functionName: target.settings.name, gate },
    start() {
      polling = repeat(poll, queueUrl, stopping.signal);
    },
    async stop() {
      stopping.abort();
      await polling;
      await Promise.all(atWork);
    },
  };
}

/** arn:aws:sqs:REGION:ACCOUNT:NAME */
const nameOf = (queueArn: string) => queueArn.split(':').at(-1) ?? '';

/** An empty list of failures: all succeeded. An id that is not of the batch, or an empty one: none did. */
function succeeded(records: SQSRecord[], response: SQSBatchResponse | null): SQSRecord[] {
  const failed = (response?.batchItemFailures ?? []).map(({ itemIdentifier }) => itemIdentifier);
  const ids = new Set(records.map(({ messageId }) => messageId));
  if (failed.some((id) => !ids.has(id))) return [];
  return records.filter(({ messageId }) => !failed.includes(messageId));
}

/** What a function is given of a message. */
export function toRecord(
  message: Message,
  { queueArn, region }: Pick<QueueMappingOptions, 'queueArn' | 'region'>,
): SQSRecord {
  return {
    messageId: message.MessageId ?? '',
    receiptHandle: message.ReceiptHandle ?? '',
    body: message.Body ?? '',
    attributes: message.Attributes as unknown as SQSRecord['attributes'],
    messageAttributes: Object.fromEntries(
      Object.entries(message.MessageAttributes ?? {}).map(([name, { DataType, StringValue }]) => [
        name,
        { dataType: DataType as 'String', stringValue: StringValue ?? '', stringListValues: [], binaryListValues: [] },
      ]),
    ),
    md5OfBody: message.MD5OfBody ?? '',
    eventSource: 'aws:sqs',
    eventSourceARN: queueArn,
    awsRegion: region,
  };
}

function tryJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return body;
  }
}
