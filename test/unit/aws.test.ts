import { TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { transact } from '@rollcall/kit/internal/aws/transact';
import { PermanentError } from '@rollcall/kit/internal/messaging/errors';
import { createOutbox, type Outbox, type OutboxRow } from '@rollcall/kit/internal/messaging/outbox';
import { createRedelivery } from '@rollcall/kit/internal/messaging/redelivery';
import type { Relay } from '@rollcall/kit/internal/messaging/relay';
import { relayFunctions } from '@rollcall/kit/internal/messaging/relay-functions';
import type { Observability } from '@rollcall/kit/internal/observability/observability';
import type { DynamoDBStreamEvent } from 'aws-lambda';
import { describe, expect, it } from 'vitest';
import { outboxRow, sqsRecord, TIME } from '../support/builders.ts';

const canceled = (...codes: string[]) =>
  new TransactionCanceledException({
    message: 'canceled',
    $metadata: {},
    CancellationReasons: codes.map((Code) => ({ Code })),
  });

/** A client that returns the next of `answers` for each call, and repeats the last one. */
function client(...answers: unknown[]) {
  const calls: unknown[] = [];
  const send = async (command: { input: unknown }) => {
    calls.push(command.input);
    const answer = answers[Math.min(calls.length, answers.length) - 1];
    if (answer instanceof Error) throw answer;
    return answer;
  };
  return { calls, client: { send } as unknown as DynamoDBDocumentClient };
}

describe('transact', () => {
  it.each(['TransactionConflict', 'ThrottlingError', 'ProvisionedThroughputExceeded'])(
    'retries after %s',
    async (code) => {
      const { client: dynamodb, calls } = client(canceled('None', code), {});
      await transact(dynamodb, []);
      expect(calls.length).toBe(2);
    },
  );

  it('does not retry a failed condition', async () => {
    const { client: dynamodb, calls } = client(canceled('ConditionalCheckFailed', 'TransactionConflict'));
    await expect(transact(dynamodb, [])).rejects.toBeInstanceOf(TransactionCanceledException);
    expect(calls.length).toBe(1);
  });

  it('fails after four attempts', async () => {
    const { client: dynamodb, calls } = client(canceled('TransactionConflict'));
    await expect(transact(dynamodb, [])).rejects.toBeInstanceOf(TransactionCanceledException);
    expect(calls.length).toBe(4);
  });
});

describe('outbox', () => {
  it('retries deletions that DynamoDB left unprocessed, and returns the rows that remain', async () => {
    const unprocessed = {
      UnprocessedItems: { outbox: [{ DeleteRequest: { Key: { aggregateId: 'b', version: 1 } } }] },
    };
    const rows = [outboxRow('a', 1), outboxRow('b', 1)];
    const passing = client(unprocessed, {});
    expect(await createOutbox({ client: passing.client, tableName: 'outbox' }).remove(rows)).toEqual([]);
    expect(passing.calls.length).toBe(2);
    const lasting = client(unprocessed);
    expect(await createOutbox({ client: lasting.client, tableName: 'outbox' }).remove(rows)).toEqual([rows[1]]);
  });
});

describe('relay functions', () => {
  const counted: Array<Record<string, number>> = [];
  const measured: Array<[name: string, unit: string, values: readonly number[]]> = [];
  const observability: Observability = {
    logger: { warn: () => {} } as never,
    count: (values) => void counted.push(values),
    measure: (...about) => void measured.push(about.slice(0, 3) as (typeof measured)[number]),
  };
  /** Returns a time two seconds after the rows were committed. */
  const now = () => new Date(Date.parse(outboxRow('a', 1).committedAt) + 2_000);
  const functionsOf = (relay: Relay) => relayFunctions(relay, outbox, observability, now);
  const relayed: OutboxRow[] = [];
  const inTime = { getRemainingTimeInMillis: () => 60_000 };
  const failing = (failures: Record<string, Error>): Relay => ({
    publishPending: async (rows) => {
      relayed.push(...rows);
      const published = rows.filter(({ aggregateId }) => !failures[aggregateId]);
      return { published, failed: new Map(Object.entries(failures)) };
    },
  });
  const outbox: Outbox = {
    pendingUpTo: async (aggregateId) => [outboxRow(aggregateId, 4)],
    remove: async () => [],
    async *scan(segment) {
      if (segment === 0) yield [outboxRow('a', 1)];
    },
  };
  const record = (row: OutboxRow, SequenceNumber: string) => ({
    dynamodb: { SequenceNumber, NewImage: marshall(row) },
  });

  it('report the records of temporary failures to Lambda, and leave rejected messages to the sweep', async () => {
    const { relay } = functionsOf(failing({ b: new Error('throttled'), c: new PermanentError('too large') }));
    const Records = ['a 1', 'b 1', 'b 2', 'c 1'].map((row, index) =>
      record(outboxRow(row.slice(0, 1), Number(row.slice(2))), String(index + 1)),
    );
    expect(await relay({ Records } as DynamoDBStreamEvent)).toEqual({
      batchItemFailures: [{ itemIdentifier: '2' }, { itemIdentifier: '3' }],
    });
  });

  it('require a stream that contains the new row', async () => {
    const { relay } = functionsOf(failing({}));
    const keysOnly = { eventName: 'INSERT', dynamodb: { SequenceNumber: '1' } };
    await expect(relay({ Records: [keysOnly] } as DynamoDBStreamEvent)).rejects.toThrow('the view type NEW_IMAGE');
  });

  it('let the sweep count and report the messages that remain unpublished', async () => {
    const report = await functionsOf(failing({ a: new Error('refused') })).sweep({}, inTime);
    expect(report).toEqual({
      published: 0,
      failed: [{ aggregateId: 'a', error: 'refused' }],
      failedAggregates: 1,
      finished: true,
    });
    expect(counted.at(-1)).toEqual({ Published: 0, LeftInOutbox: 1 });
  });

  it('measure the time from commit to publication, and the age of the oldest message that the sweep finds', async () => {
    measured.length = 0;
    await functionsOf(failing({})).sweep({}, inTime);
    expect(measured).toContainEqual(['PublicationLag', 'Milliseconds', [2_000]]);
    expect(measured).toContainEqual(['OldestUnpublished', 'Seconds', [2]]);
  });

  it('let the sweep end before its timeout, and report that it has not finished', async () => {
    relayed.length = 0;
    const late = { getRemainingTimeInMillis: () => 19_000 };
    expect(await functionsOf(failing({})).sweep({}, late)).toMatchObject({ finished: false });
    expect(relayed).toEqual([]);
  });

  it('publish the messages of the aggregates that an operator names, and no others', async () => {
    relayed.length = 0;
    await functionsOf(failing({})).sweep({ publish: ['x', 'y'] }, inTime);
    expect(relayed.map(({ aggregateId, version }) => `${aggregateId}/${version}`)).toEqual(['x/4', 'y/4']);
  });
});

describe('redelivery', () => {
  it('makes each message visible after a backoff that depends on its receives, or at the time to which it was postponed', async () => {
    const { client: sqs, calls } = client({});
    const redeliver = createRedelivery({ client: sqs as never, queueUrl: 'queue', now: () => TIME, random: () => 0.5 });
    const again = sqsRecord('a', 'm2', '');
    again.attributes.ApproximateReceiveCount = '3';
    const until = new Date(TIME.getTime() + 30_000);
    await redeliver([
      { record: sqsRecord('a', 'm1', '') },
      { record: again },
      { record: sqsRecord('b', 'm3', ''), until },
    ]);
    await redeliver([]);
    expect(calls).toEqual([
      {
        QueueUrl: 'queue',
        Entries: [
          { Id: '0', ReceiptHandle: 'm1', VisibilityTimeout: 2 },
          { Id: '1', ReceiptHandle: 'm2', VisibilityTimeout: 6 },
          { Id: '2', ReceiptHandle: 'm3', VisibilityTimeout: 31 },
        ],
      },
    ]);
  });
});
