import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DynamoDBStreamsClient } from '@aws-sdk/client-dynamodb-streams';
import { createStreamMapping, type StreamMappingOptions } from '@rollcall/local/internal/event-sources/stream';
import type { LambdaFunction } from '@rollcall/local/internal/lambda/function';
import { openState, type State } from '@rollcall/local/internal/state/state';
import { describe, expect, it, onTestFinished } from 'vitest';

type Answer = { ok: boolean; payload: string };
const fine: Answer = { ok: true, payload: 'null' };
const broken: Answer = { ok: false, payload: '{}' };
const partly = (...sequenceNumbers: string[]): Answer => ({
  ok: true,
  payload: JSON.stringify({ batchItemFailures: sequenceNumbers.map((itemIdentifier) => ({ itemIdentifier })) }),
});

/** Runs a mapping over the records 1 to `count` until its position stands behind them; returns what was invoked. */
async function run(count: number, answers: (batch: string[]) => Answer, options: Partial<StreamMappingOptions> = {}) {
  const invoked: string[][] = [];
  const given: unknown[] = [];
  const done = Promise.withResolvers<void>();
  const Records = Array.from({ length: count }, (_, index) => ({
    eventName: 'INSERT',
    dynamodb: { SequenceNumber: String(index + 1) },
  }));
  const streams = {
    send: async ({ constructor: { name } }: object) => {
      if (name === 'DescribeStreamCommand') return { StreamDescription: { Shards: [{ ShardId: 'shard' }] } };
      if (name === 'GetShardIteratorCommand') return { ShardIterator: 'first' };
      return { Records };
    },
  };
  const target = {
    settings: { name: 'relay' },
    async invoke(payload: string) {
      const batch = JSON.parse(payload).Records.map(
        (record: (typeof Records)[number]) => record.dynamodb.SequenceNumber,
      );
      invoked.push(batch);
      return answers(batch);
    },
  };
  let position: string | undefined;
  const state = {
    position: () => undefined,
    savePosition: (_: string, sequenceNumber: string) => {
      position = sequenceNumber;
      done.resolve();
    },
  };
  const mapping = createStreamMapping({
    streams: streams as unknown as DynamoDBStreamsClient,
    sqs: {
      send: async ({ input }: { input: { MessageBody: string } }) => void given.push(JSON.parse(input.MessageBody)),
    } as never,
    state: state as unknown as State,
    nextWrite: async () => {},
    streamArn: 'arn:aws:dynamodb:us-east-1:000000000000:table/outbox/stream/1',
    region: 'us-east-1',
    target: target as unknown as LambdaFunction,
    startingPosition: 'TRIM_HORIZON',
    batchSize: 100,
    maximumRetryAttempts: 1,
    bisect: false,
    reportBatchItemFailures: true,
    filters: [],
    onFailureQueueUrl: 'queue',
    ...options,
  });
  mapping.start();
  await done.promise;
  await mapping.stop();
  return { invoked, given, position };
}

describe('a stream mapping', () => {
  it('moves its position behind a batch that succeeded', async () => {
    expect(await run(3, () => fine)).toEqual({ invoked: [['1', '2', '3']], given: [], position: '3' });
  });

  it('tries again from the lowest record that failed', async () => {
    const { invoked } = await run(4, (batch) => (batch.length === 4 ? partly('3', '2') : fine));
    expect(invoked).toEqual([
      ['1', '2', '3', '4'],
      ['2', '3', '4'],
    ]);
  });

  it('halves a batch that failed as a whole, which uses up no retry', async () => {
    const { invoked } = await run(4, (batch) => (batch.length > 1 ? broken : fine), { bisect: true });
    expect(invoked).toEqual([['1', '2', '3', '4'], ['1', '2'], ['1'], ['2'], ['3', '4'], ['3'], ['4']]);
  });

  it('gives up after its retries, tells the failure queue where, and goes on', async () => {
    const { invoked, given, position } = await run(2, () => broken);
    expect(invoked).toEqual([
      ['1', '2'],
      ['1', '2'],
    ]);
    expect(given).toMatchObject([
      { DDBStreamBatchInfo: { startSequenceNumber: '1', endSequenceNumber: '2', batchSize: 2 } },
    ]);
    expect(position).toBe('2');
  });

  it('takes an unknown record number for a failure of the whole batch', async () => {
    const { invoked } = await run(1, () => partly('99'));
    expect(invoked.length).toBe(2);
  });

  it('delivers what its filter lets pass', async () => {
    const { invoked } = await run(2, () => fine, { filters: ['{"dynamodb":{"SequenceNumber":["2"]}}'] });
    expect(invoked).toEqual([['2']]);
  });
});

describe('the position of a stream mapping', () => {
  it('is still known of a stream that was named with another region', () => {
    const folder = mkdtempSync(join(tmpdir(), 'rollcall-state-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const before = openState(folder);
    before.savePosition('arn:aws:dynamodb:dynoxide:000000000000:table/outbox/stream/1#relay', '7');
    before.close();
    const state = openState(folder);
    expect(state.position('table/outbox/stream/1#relay')).toBe('7');
    state.close();
  });
});
