import { setTimeout as delay } from 'node:timers/promises';
import type { _Record as StreamRecord } from '@aws-sdk/client-dynamodb-streams';
import type { SQSClient } from '@aws-sdk/client-sqs';
import { SendMessageCommand } from '@aws-sdk/client-sqs';
import type { DynamoDBBatchResponse } from 'aws-lambda';
import type { LambdaFunction } from '../lambda/function.ts';
import { createFilter } from './filter.ts';

export interface StreamBatchOptions {
  sqs: SQSClient;
  streamArn: string;
  region: string;
  target: LambdaFunction;
  /** -1: without limit. */
  maximumRetryAttempts: number;
  bisect: boolean;
  reportBatchItemFailures: boolean;
  filters: string[];
  /** Queue that gets the position of what was given up. */
  onFailureQueueUrl?: string;
}

const FIRST_RETRY_MS = 100;
const MAX_RETRY_MS = 5_000;

/** Invokes a function with the records of a stream, in order, until all of them are done or given up. */
export class StreamBatches {
  readonly #options: StreamBatchOptions;
  readonly #signal: AbortSignal;
  readonly #matches: ReturnType<typeof createFilter>;

  constructor(options: StreamBatchOptions, signal: AbortSignal) {
    this.#options = options;
    this.#signal = signal;
    this.#matches = createFilter(options.filters);
  }

  async process(records: StreamRecord[], attempt = 0): Promise<void> {
    const { bisect, maximumRetryAttempts } = this.#options;
    if (records.length === 0 || this.#signal.aborted) return;
    const next = await this.#invoke(records);
    if (next === records.length) return;
    const done = next === 'failed' ? 0 : next;
    const left = records.slice(done);
    if (next === 'failed' && bisect && left.length > 1) {
      // Bisecting uses up no retries.
      const middle = Math.ceil(left.length / 2);
      await this.process(left.slice(0, middle), attempt);
      return this.process(left.slice(middle), attempt);
    }
    const failures = done > 0 ? 1 : attempt + 1;
    if (maximumRetryAttempts >= 0 && failures > maximumRetryAttempts) return this.#giveUp(left);
    const waitMs = Math.min(FIRST_RETRY_MS * 2 ** failures, MAX_RETRY_MS);
    await delay(waitMs, undefined, { signal: this.#signal }).catch(() => {});
    return this.process(left, failures);
  }

  /** @returns index of the first record to try again; the length of the batch if all are done */
  async #invoke(records: StreamRecord[]): Promise<number | 'failed'> {
    const { target, reportBatchItemFailures } = this.#options;
    const wanted = records.map((record) => toLambdaRecord(record, this.#options)).filter(this.#matches);
    if (wanted.length === 0) return records.length;
    const { ok, payload } = await target.invoke(JSON.stringify({ Records: wanted }));
    if (!ok) return 'failed';
    const response = reportBatchItemFailures ? (JSON.parse(payload) as DynamoDBBatchResponse | null) : null;
    const failed = (response?.batchItemFailures ?? []).map(({ itemIdentifier }) =>
      records.findIndex(({ dynamodb }) => dynamodb?.SequenceNumber === itemIdentifier),
    );
    if (failed.length === 0) return records.length;
    const first = Math.min(...failed);
    return first < 0 ? 'failed' : first;
  }

  async #giveUp(records: StreamRecord[]): Promise<void> {
    const { sqs, streamArn, onFailureQueueUrl } = this.#options;
    if (!onFailureQueueUrl) return;
    const sequenceNumbers = records.map(({ dynamodb }) => dynamodb?.SequenceNumber);
    const DDBStreamBatchInfo = {
      streamArn,
      startSequenceNumber: sequenceNumbers[0],
      endSequenceNumber: sequenceNumbers.at(-1),
      batchSize: records.length,
    };
    await sqs.send(
      new SendMessageCommand({ QueueUrl: onFailureQueueUrl, MessageBody: JSON.stringify({ DDBStreamBatchInfo }) }),
    );
  }
}

function toLambdaRecord(
  { dynamodb, ...record }: StreamRecord,
  { streamArn, region }: Pick<StreamBatchOptions, 'streamArn' | 'region'>,
) {
  return {
    ...record,
    awsRegion: region,
    eventSource: 'aws:dynamodb',
    eventSourceARN: streamArn,
    dynamodb: {
      ...dynamodb,
      ApproximateCreationDateTime: (dynamodb?.ApproximateCreationDateTime?.getTime() ?? 0) / 1000,
    },
  };
}
