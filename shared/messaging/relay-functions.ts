import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import type { DynamoDBBatchResponse, DynamoDBRecord, DynamoDBStreamEvent } from 'aws-lambda';
import type { Observability } from '../observability/observability.ts';
import type { Outbox, OutboxRow } from './outbox.ts';
import type { PublishReport, Relay } from './relay.ts';

/** The sweep reads the outbox in this many parallel segments. */
const SEGMENTS = 4;

/** The two Lambda functions that publish: the relay, woken by the outbox's stream, and the sweep, woken by a timer. */
export function relayFunctions(relay: Relay, outbox: Outbox, { logger, count }: Observability) {
  function note({ published, failed }: PublishReport): void {
    for (const [aggregateId, error] of failed) logger.warn('not published', { aggregateId, error });
    count({ Published: published, NotPublished: failed.size });
  }

  async function sweepSegment(segment: number): Promise<number> {
    let failed = 0;
    for await (const page of outbox.scan(segment, SEGMENTS)) {
      const report = await relay.publishPending(page);
      note(report);
      failed += report.failed.size;
    }
    return failed;
  }

  return {
    async relay(event: DynamoDBStreamEvent): Promise<DynamoDBBatchResponse> {
      const rung = event.Records.map((record) => ({ record, row: rowOf(record) }));
      const report = await relay.publishPending(rung.map(({ row }) => row));
      note(report);
      return {
        batchItemFailures: rung
          .filter(({ row }) => report.failed.has(row.aggregateId))
          .map(({ record }) => ({ itemIdentifier: record.dynamodb?.SequenceNumber ?? '' })),
      };
    },

    async sweep(): Promise<void> {
      const failed = await Promise.all(Array.from({ length: SEGMENTS }, (_, segment) => sweepSegment(segment)));
      const total = failed.reduce((sum, count) => sum + count, 0);
      // The relay's own failures pass unnoticed, as they are left to the sweep; the alarm is on its errors.
      if (total > 0) throw new Error(`the messages of ${total} aggregates could not be published`);
    },
  };
}

const rowOf = ({ dynamodb }: DynamoDBRecord) =>
  unmarshall(dynamodb?.NewImage as Record<string, AttributeValue>) as OutboxRow;
