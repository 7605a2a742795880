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

const HOUR_MS = 3_600_000;
const recordOf = (SequenceNumber: string, isOld = false) => ({
  eventName: 'INSERT',
  dynamodb: { SequenceNumber, ApproximateCreationDateTime: new Date(Date.now() - (isOld ? HOUR_MS : 0)) },
});

const upTo = (count: number) => Array.from({ length: count }, (_, index) => String(index + 1));

/**
 * Runs a mapping over the records 1 to `count` until they are processed. @returns its invocations, its reports to the
 * failure queue, and its position
 */
const run = (
  count: number,
  answers: (batch: string[]) => Answer,
  options: Partial<StreamMappingOptions> = {},
  isOld: (index: number) => boolean = () => false,
) => runOver([upTo(count).map((number, index) => recordOf(number, isOld(index)))], answers, options);

/** Runs a mapping over a shard that ends. Each element of `reads` names the records of one read. */
const runReads = (reads: string[][], options: Partial<StreamMappingOptions>) =>
  runOver(
    reads.map((numbers) => numbers.map((number) => recordOf(number))),
    () => fine,
    options,
  );

type TestRecord = ReturnType<typeof recordOf>;

async function runOver(
  reads: TestRecord[][],
  answers: (batch: string[]) => Answer,
  options: Partial<StreamMappingOptions>,
) {
  const invoked: string[][] = [];
  const reports: unknown[] = [];
  const done = Promise.withResolvers<void>();
  const left = [...reads];
  const final = reads.at(-1)?.at(-1)?.dynamodb.SequenceNumber;
  const streams = {
    send: async ({ constructor: { name } }: object) => {
      if (name === 'DescribeStreamCommand') return { StreamDescription: { Shards: [{ ShardId: 'shard' }] } };
      if (name === 'GetShardIteratorCommand') return { ShardIterator: 'first' };
      const Records = left.shift();
      return { Records, ...(left.length > 0 && { NextShardIterator: 'next' }) };
    },
  };
  const target = {
    settings: { name: 'relay', arn: 'arn:relay' },
    async invoke(payload: string) {
      const batch = JSON.parse(payload).Records.map((record: TestRecord) => record.dynamodb.SequenceNumber);
      invoked.push(batch);
      return answers(batch);
    },
  };
  let position: string | undefined;
  const state = {
    position: () => undefined,
    savePosition: (_: string, sequenceNumber: string) => {
      position = sequenceNumber;
      if (sequenceNumber === final) done.resolve();
    },
  };
  const mapping = createStreamMapping({
    streams: streams as unknown as DynamoDBStreamsClient,
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
    onFailure: async (message) => void reports.push(JSON.parse(message)),
    windowMs: 0,
    maximumRecordAgeMs: -1,
    ...options,
  });
  await mapping.start();
  await done.promise;
  await mapping.stop();
  return { invoked, reports, position };
}

describe('a stream mapping', () => {
  it('moves its position to the last record of a batch that succeeded', async () => {
    expect(await run(3, () => fine)).toEqual({ invoked: [['1', '2', '3']], reports: [], position: '3' });
  });

  it('retries from the lowest record that failed', async () => {
    const { invoked } = await run(4, (batch) => (batch.length === 4 ? partly('3', '2') : fine));
    expect(invoked).toEqual([
      ['1', '2', '3', '4'],
      ['2', '3', '4'],
    ]);
  });

  it('halves a batch that failed as a whole, without using a retry', async () => {
    const { invoked } = await run(4, (batch) => (batch.length > 1 ? broken : fine), { bisect: true });
    expect(invoked).toEqual([['1', '2', '3', '4'], ['1', '2'], ['1'], ['2'], ['3', '4'], ['3'], ['4']]);
  });

  it('discards records after its retries, reports their position to the failure queue, and continues', async () => {
    const { invoked, reports, position } = await run(2, () => broken);
    expect(invoked).toEqual([
      ['1', '2'],
      ['1', '2'],
    ]);
    expect(reports).toMatchObject([
      {
        requestContext: { functionArn: 'arn:relay', condition: 'RetryAttemptsExhausted', approximateInvokeCount: 2 },
        responseContext: { statusCode: 200, functionError: 'Unhandled' },
        DDBStreamBatchInfo: { shardId: 'shard', startSequenceNumber: '1', endSequenceNumber: '2', batchSize: 2 },
      },
    ]);
    expect(position).toBe('2');
  });

  it('treats an unknown record number as a failure of the whole batch', async () => {
    const { invoked } = await run(1, () => partly('99'));
    expect(invoked.length).toBe(2);
  });

  it('discards records that are too old, and reports them to the failure queue', async () => {
    const { invoked, reports } = await run(
      4,
      () => fine,
      { maximumRecordAgeMs: 60_000 },
      (index) => index < 2,
    );
    expect(invoked).toEqual([['3', '4']]);
    expect(reports).toMatchObject([
      {
        requestContext: { condition: 'RecordAgeExceeded' },
        DDBStreamBatchInfo: { startSequenceNumber: '1', endSequenceNumber: '2', batchSize: 2 },
      },
    ]);
  });

  it('waits for its batch to fill during its window', async () => {
    const reads = [[], ['1'], [], ['2', '3'], ['4']];
    const { invoked } = await runReads(reads, { windowMs: 60_000, batchSize: 3 });
    expect(invoked).toEqual([['1', '2', '3'], ['4']]);
  });

  it('uses the records of one read as a batch if it has no window', async () => {
    const { invoked } = await runReads([['1'], ['2', '3']], { batchSize: 3 });
    expect(invoked).toEqual([['1'], ['2', '3']]);
  });

  it('delivers only records that match its filter', async () => {
    const { invoked } = await run(2, () => fine, { filters: ['{"dynamodb":{"SequenceNumber":["2"]}}'] });
    expect(invoked).toEqual([['2']]);
  });
});

describe('the position of a stream mapping', () => {
  it('is found if it was stored under an ARN with another region', () => {
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
