import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { _Record as StreamRecord } from '@aws-sdk/client-dynamodb-streams';
import type { DynamoDBBatchResponse } from 'aws-lambda';
import type { LambdaFunction } from '../lambda/function.ts';
import { createFilter } from './filter.ts';
import { toStreamRecord } from './stream-records.ts';

export interface StreamBatchOptions {
  streamArn: string;
  region: string;
  target: LambdaFunction;
  /** -1 for unlimited retries. */
  maximumRetryAttempts: number;
  /** Negative for an unlimited age. */
  maximumRecordAgeMs: number;
  bisect: boolean;
  reportBatchItemFailures: boolean;
  filters: string[];
  /** Called with a JSON text: the first and last sequence number of the discarded records, and the reason. */
  onFailure?: ((message: string) => Promise<void>) | undefined;
}

const FIRST_RETRY_MS = 100;
const MAX_RETRY_MS = 5_000;

/** Why records are discarded. */
interface Discard {
  condition: 'RetryAttemptsExhausted' | 'RecordAgeExceeded';
  attempts: number;
}

/**
 * Invokes a function with the records of a stream, in order, until all records are processed or discarded, or the
 * signal is aborted.
 */
export class StreamBatches {
  readonly #options: StreamBatchOptions;
  readonly #signal: AbortSignal;
  readonly #matches: ReturnType<typeof createFilter>;

  constructor(options: StreamBatchOptions, signal: AbortSignal) {
    this.#options = options;
    this.#signal = signal;
    this.#matches = createFilter(options.filters);
  }

  async process(batch: StreamRecord[], shardId: string, attempt = 0): Promise<void> {
    const { bisect, maximumRetryAttempts } = this.#options;
    if (this.#signal.aborted) return;
    const records = await this.#withoutExpired(batch, shardId, attempt);
    if (records.length === 0) return;
    const next = await this.#invoke(records);
    if (next === records.length) return;
    const done = next === 'failed' ? 0 : next;
    const remaining = records.slice(done);
    if (next === 'failed' && bisect && remaining.length > 1) {
      // Bisecting does not count as a retry.
      const middle = Math.ceil(remaining.length / 2);
      await this.process(remaining.slice(0, middle), shardId, attempt);
      return this.process(remaining.slice(middle), shardId, attempt);
    }
    const failures = done > 0 ? 1 : attempt + 1;
    if (maximumRetryAttempts >= 0 && failures > maximumRetryAttempts)
      return this.#discard(remaining, shardId, { condition: 'RetryAttemptsExhausted', attempts: failures });
    const waitMs = Math.min(FIRST_RETRY_MS * 2 ** failures, MAX_RETRY_MS);
    await delay(waitMs, undefined, { signal: this.#signal }).catch(() => {});
    return this.process(remaining, shardId, failures);
  }

  /** Discards the records that are too old, and returns the other records. */
  async #withoutExpired(records: StreamRecord[], shardId: string, attempts: number): Promise<StreamRecord[]> {
    const { maximumRecordAgeMs } = this.#options;
    if (maximumRecordAgeMs < 0) return records;
    const since = Date.now() - maximumRecordAgeMs;
    const isExpired = ({ dynamodb }: StreamRecord) =>
      (dynamodb?.ApproximateCreationDateTime?.getTime() ?? since) < since;
    const expired = records.filter(isExpired);
    if (expired.length > 0) await this.#discard(expired, shardId, { condition: 'RecordAgeExceeded', attempts });
    return records.filter((record) => !expired.includes(record));
  }

  /**
   * @returns index of the first record to retry; the length of the batch if all records succeeded; `failed` to retry
   * all
   */
  async #invoke(records: StreamRecord[]): Promise<number | 'failed'> {
    const { target, reportBatchItemFailures } = this.#options;
    const wanted = records.map((record) => toStreamRecord(record, this.#options)).filter(this.#matches);
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

  /** https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-errors.html */
  async #discard(records: StreamRecord[], shardId: string, { condition, attempts }: Discard): Promise<void> {
    const { streamArn, target, onFailure } = this.#options;
    const [first, last] = [records.at(0)?.dynamodb, records.at(-1)?.dynamodb];
    await onFailure?.(
      JSON.stringify({
        requestContext: {
          requestId: randomUUID(),
          functionArn: target.settings.arn,
          condition,
          approximateInvokeCount: attempts,
        },
        responseContext: { statusCode: 200, executedVersion: '$LATEST', functionError: 'Unhandled' },
        version: '1.0',
        timestamp: new Date().toISOString(),
        DDBStreamBatchInfo: {
          shardId,
          startSequenceNumber: first?.SequenceNumber,
          endSequenceNumber: last?.SequenceNumber,
          approximateArrivalOfFirstRecord: first?.ApproximateCreationDateTime,
          approximateArrivalOfLastRecord: last?.ApproximateCreationDateTime,
          batchSize: records.length,
          streamArn,
        },
      }),
    );
  }
}
