import {
  DescribeStreamCommand,
  type DynamoDBStreamsClient,
  GetRecordsCommand,
  GetShardIteratorCommand,
} from '@aws-sdk/client-dynamodb-streams';
import type { State } from '../state/state.ts';
import { Gate } from './gate.ts';
import type { Mapping } from './mapping.ts';
import { repeat } from './repeat.ts';
import { StreamBatches, type StreamBatchOptions } from './stream-batches.ts';

export interface StreamMappingOptions extends StreamBatchOptions {
  streams: DynamoDBStreamsClient;
  state: State;
  /** Resolves when something may have been written to a table. */
  nextWrite: (tableName: string, signal: AbortSignal) => Promise<void>;
  startingPosition: 'TRIM_HORIZON' | 'LATEST';
  batchSize: number;
}

/**
 * Reads a table's stream and invokes a function with its records, in order, a shard a timeline
 * (https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-eventsourcemapping.html).
 */
export function createStreamMapping(options: StreamMappingOptions): Mapping {
  const { streams, state, streamArn, target, batchSize } = options;
  const stopping = new AbortController();
  const { signal } = stopping;
  const batches = new StreamBatches(options, signal);
  const gate = new Gate();
  /** arn:aws:dynamodb:REGION:ACCOUNT:table/NAME/stream/LABEL */
  const tableName = streamArn.split('/')[1] ?? '';
  const reader = `${streamArn.slice(streamArn.indexOf('table/'))}#${target.settings.name}`;
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
      await batches.process(Records);
      const last = Records.at(-1)?.dynamodb?.SequenceNumber;
      if (last && !signal.aborted) state.savePosition(reader, last);
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
