import {
  DescribeStreamCommand,
  type DynamoDBStreamsClient,
  GetRecordsCommand,
  type GetRecordsCommandOutput,
  GetShardIteratorCommand,
  type _Record as StreamRecord,
} from '@aws-sdk/client-dynamodb-streams';
import type { State } from '../state/state.ts';
import { Gate } from './gate.ts';
import type { Mapping } from './mapping.ts';
import { repeat } from './repeat.ts';
import { StreamBatches, type StreamBatchOptions } from './stream-batches.ts';

export interface StreamMappingOptions extends StreamBatchOptions {
  streams: DynamoDBStreamsClient;
  state: State;
  /** Resolves when a table may have been written to. */
  nextWrite: (tableName: string, signal: AbortSignal) => Promise<void>;
  startingPosition: 'TRIM_HORIZON' | 'LATEST';
  batchSize: number;
  /**
   * Length of the batching window, which begins when records are first read. If the length is 0, a batch contains the
   * records of one read.
   */
  windowMs: number;
}

interface Batch {
  records: StreamRecord[];
  /** The next shard iterator; undefined if the shard has ended. */
  next: string | undefined;
}

/**
 * Maximum number of records per read:
 * https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_GetRecords.html
 */
const MAX_PER_READ = 1_000;

/**
 * Reads a table's stream and invokes a function with the stream's records, in order per shard
 * (https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-eventsourcemapping.html).
 */
export function createStreamMapping(options: StreamMappingOptions): Mapping {
  const { streams, state, streamArn, target, batchSize } = options;
  const stopping = new AbortController();
  const { signal } = stopping;
  const batches = new StreamBatches(options, signal);
  const gate = new Gate();
  /** `NAME` in the ARN `arn:aws:dynamodb:REGION:ACCOUNT:table/NAME/stream/LABEL`. */
  const tableName = streamArn.split('/')[1] ?? '';
  const reader = `${streamArn.slice(streamArn.indexOf('table/'))}#${target.settings.name}`;
  const positioned = Promise.withResolvers<void>();
  let reading: Promise<unknown> | undefined;

  async function iteratorAt(shardId: string): Promise<string | undefined> {
    const position = state.position(reader);
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

  async function batchFrom(start: string): Promise<Batch> {
    const records: StreamRecord[] = [];
    let next: string | undefined = start;
    let closesAt = Number.POSITIVE_INFINITY;
    while (next && !signal.aborted && !gate.isClosed) {
      const write = options.nextWrite(tableName, signal);
      const Limit = Math.min(batchSize - records.length, MAX_PER_READ);
      const read: GetRecordsCommandOutput = await streams.send(new GetRecordsCommand({ ShardIterator: next, Limit }));
      const { Records = [] } = read;
      next = read.NextShardIterator;
      if (records.length === 0 && Records.length > 0) closesAt = Date.now() + options.windowMs;
      records.push(...Records);
      if (records.length >= batchSize || Date.now() >= closesAt) break;
      if (Records.length === 0) await write;
    }
    return { records, next };
  }

  async function readShard(shardId: string, start: string | undefined): Promise<void> {
    let iterator = start;
    while (iterator && !signal.aborted) {
      await gate.whenOpen(signal);
      const { records, next } = await batchFrom(iterator);
      iterator = next;
      await gate.whenOpen(signal);
      await batches.process(records, shardId);
      const last = records.at(-1)?.dynamodb?.SequenceNumber;
      if (last && !signal.aborted) state.savePosition(reader, last);
    }
  }

  async function read(): Promise<void> {
    const { StreamDescription } = await streams.send(new DescribeStreamCommand({ StreamArn: streamArn }));
    const shards = (StreamDescription?.Shards ?? []).map(({ ShardId = '' }) => ShardId);
    const iterators = await Promise.all(shards.map(iteratorAt));
    positioned.resolve();
    await Promise.all(shards.map((shardId, index) => readShard(shardId, iterators[index])));
  }

  return {
    source: { functionName: target.settings.name, gate },
    /** Resolves when the stream's position is known. Later writes are read, even with the starting position LATEST. */
    async start() {
      reading = repeat(read, streamArn, signal);
      await Promise.race([positioned.promise, reading]);
    },
    async stop() {
      stopping.abort();
      await reading;
    },
  };
}
