import { setTimeout as delay } from 'node:timers/promises';
import {
  DescribeStreamCommand,
  type DynamoDBStreamsClient,
  GetRecordsCommand,
  GetShardIteratorCommand,
  type _Record as StreamRecord,
} from '@aws-sdk/client-dynamodb-streams';
import type { SQSClient } from '@aws-sdk/client-sqs';
import { SendMessageCommand } from '@aws-sdk/client-sqs';
import type { DynamoDBBatchResponse } from 'aws-lambda';
import type { LambdaFunction } from '../lambda/function.ts';
import type { State } from '../state/state.ts';
import { createFilter } from './filter.ts';
import { Gate } from './gate.ts';
import type { Mapping } from './queue.ts';
import { repeat } from './repeat.ts';

export interface StreamMappingOptions {
  streams: DynamoDBStreamsClient;
  sqs: SQSClient;
  state: State;
  /** Resolves when something may have been written to a table. */
  nextWrite: (tableName: string, signal: AbortSignal) => Promise<void>;
  streamArn: string;
  region: string;
  target: LambdaFunction;
  startingPosition: 'TRIM_HORIZON' | 'LATEST';
  batchSize: number;
  /** -1: without limit. */
  maximumRetryAttempts: number;
  bisect: boolean;
  reportBatchItemFailures: boolean;
  filters: string[];
  /** Queue that gets the position of what was given up. */
  onFailureQueueUrl?: string;
}

const FIRST_RETRY_MS = 100;
const LONGEST_RETRY_MS = 5_000;

/**
 * Reads a table's stream and invokes a function with its records, in order, a shard a time line
 * (https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-eventsourcemapping.html).
 */
export function createStreamMapping(options: StreamMappingOptions): Mapping {
  const { streams, state, streamArn, target, batchSize, maximumRetryAttempts } = options;
  const matches = createFilter(options.filters);
  const stopping = new AbortController();
  const { signal } = stopping;
  const gate = new Gate();
  /** arn:aws:dynamodb:REGION:ACCOUNT:table/NAME/stream/LABEL */
  const tableName = streamArn.split('/')[1] ?? '';
  let reading: Promise<unknown> | undefined;

  /** @returns index of the first record to try again; the length of the batch if all are done */
  async function invoke(records: StreamRecord[]): Promise<number | 'failed'> {
    const wanted = records.map((record) => toLambdaRecord(record, options)).filter(matches);
    if (wanted.length === 0) return records.length;
    const { ok, payload } = await target.invoke(JSON.stringify({ Records: wanted }));
    if (!ok) return 'failed';
    const response = options.reportBatchItemFailures ? (JSON.parse(payload) as DynamoDBBatchResponse | null) : null;
    const failed = (response?.batchItemFailures ?? []).map(({ itemIdentifier }) =>
      records.findIndex(({ dynamodb }) => dynamodb?.SequenceNumber === itemIdentifier),
    );
    if (failed.length === 0) return records.length;
    const first = Math.min(...failed);
    return first < 0 ? 'failed' : first;
  }

  async function process(records: StreamRecord[], attempt = 0): Promise<void> {
    if (records.length === 0 || signal.aborted) return;
    const next = await invoke(records);
    if (next === records.length) return;
    const done = next === 'failed' ? 0 : next;
    const left = records.slice(done);
    if (next === 'failed' && options.bisect && left.length > 1) {
      // Bisecting uses up no retries.
      const middle = Math.ceil(left.length / 2);
      await process(left.slice(0, middle), attempt);
      return process(left.slice(middle), attempt);
    }
    const failures = done > 0 ? 1 : attempt + 1;
    if (maximumRetryAttempts >= 0 && failures > maximumRetryAttempts) return giveUp(left);
    await delay(Math.min(FIRST_RETRY_MS * 2 ** failures, LONGEST_RETRY_MS), undefined, {
      signal,
    }).catch(() => {});
    return process(left, failures);
  }

  async function giveUp(records: StreamRecord[]): Promise<void> {
    if (!options.onFailureQueueUrl) return;
    const sequenceNumbers = records.map(({ dynamodb }) => dynamodb?.SequenceNumber);
    await options.sqs.send(
      new SendMessageCommand({
        QueueUrl: options.onFailureQueueUrl,
        MessageBody: JSON.stringify({
          DDBStreamBatchInfo: {
            streamArn,
            startSequenceNumber: sequenceNumbers[0],
            endSequenceNumber: sequenceNumbers.at(-1),
            batchSize: records.length,
          },
        }),
      }),
    );
  }

  async function iteratorAt(shardId: string): Promise<string | undefined> {
    const position = state.position(`${streamArn}#${target.settings.name}`);
    const { ShardIterator } = await streams.send(
      new GetShardIteratorCommand({
        StreamArn: streamArn,
        ShardId: shardId,
        ...(position
          ? { ShardIteratorType: 'AFTER_SEQUENCE_NUMBER', SequenceNumber: position }
          : { ShardIteratorType: options.startingPosition }),
      }),
    );
    return ShardIterator;
  }

  async function readShard(shardId: string): Promise<void> {
    let iterator = await iteratorAt(shardId);
    while (iterator && !signal.aborted) {
      await gate.passed(signal);
      const write = options.nextWrite(tableName, signal);
      const { Records = [], NextShardIterator } = await streams.send(
        new GetRecordsCommand({ ShardIterator: iterator, Limit: batchSize }),
      );
      iterator = NextShardIterator;
      if (Records.length === 0) {
        await write;
        continue;
      }
      await process(Records);
      const last = Records.at(-1)?.dynamodb?.SequenceNumber;
      if (last && !signal.aborted) state.savePosition(`${streamArn}#${target.settings.name}`, last);
    }
  }

  async function read(): Promise<void> {
    const { StreamDescription } = await streams.send(new DescribeStreamCommand({ StreamArn: streamArn }));
    await Promise.all((StreamDescription?.Shards ?? []).map(({ ShardId = '' }) => readShard(ShardId)));
  }

  return {
    source: { functionName: target.settings.name, gate },
    start() {
      reading = repeat(read, streamArn, signal);
    },
    async stop() {
      stopping.abort();
      await reading;
    },
  };
}

function toLambdaRecord({ dynamodb, ...record }: StreamRecord, { streamArn, region }: StreamMappingOptions) {
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
