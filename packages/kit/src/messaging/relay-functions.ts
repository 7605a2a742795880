import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { SpanKind } from '@opentelemetry/api';
import type { Context, DynamoDBBatchResponse, DynamoDBRecord, DynamoDBStreamEvent } from 'aws-lambda';
import type { Observability } from '../observability/observability.ts';
import { traced } from '../observability/spans.ts';
import { flushed } from '../observability/tracing.ts';
import { isPermanent } from './errors.ts';
import type { LaterAnswer, LaterReport, LaterRequest, LaterSweep } from './later/sweep.ts';
import { type Outbox, type OutboxRow, readRow } from './outbox.ts';
import type { PublishReport, Relay } from './relay.ts';
import { hasTime } from './remaining-time.ts';

/** Number of parallel segments in which the sweep reads the outbox. */
const SEGMENTS = 4;
/** The response of the sweep contains at most this many failures; the log contains all. */
const MAX_REPORTED_FAILURES = 100;

/** An operator's request to publish the pending messages of these aggregates only. */
export interface PublishRequest {
  publish: string[];
}

/** The response of the sweep. */
export interface OutboxSweepReport {
  published: number;
  /** The first hundred aggregates with a row that an error left in the outbox, with the errors. */
  failed: Array<{ aggregateId: string; error: string }>;
  failedAggregates: number;
  /** Whether the time sufficed for all rows. If not, the next sweep tries the remaining rows. */
  finished: boolean;
  /**
   * The report on scheduled messages; undefined if no messages can be scheduled, or if the request named aggregates.
   */
  later?: LaterReport;
}

/**
 * Creates the two Lambda functions that publish: the relay, which the outbox's stream triggers, and the sweep, which a
 * timer triggers.
 * @param later the part of the sweep for scheduled messages. Default: no messages can be scheduled
 */
export function relayFunctions(
  relay: Relay,
  outbox: Outbox,
  { logger, count, measure }: Observability,
  now: () => Date,
  later?: LaterSweep,
) {
  const ageMs = ({ committedAt }: OutboxRow) => Math.max(0, now().getTime() - Date.parse(committedAt));

  async function publish(rows: readonly OutboxRow[]): Promise<PublishReport> {
    const report = await relay.publishPending(rows);
    for (const [aggregateId, error] of report.failed) logger.warn('not published', { aggregateId, error });
    measure('PublicationLag', 'Milliseconds', report.published.map(ageMs));
    return report;
  }

  async function* rowsOf(aggregateIds: readonly string[]): AsyncIterable<OutboxRow[]> {
    for (const id of aggregateIds) yield outbox.pendingUpTo(id, Number.MAX_SAFE_INTEGER);
  }

  async function publishAll(
    sources: ReadonlyArray<AsyncIterable<OutboxRow[]>>,
    context: Pick<Context, 'getRemainingTimeInMillis'>,
  ): Promise<OutboxSweepReport> {
    const failed = new Map<string, Error>();
    let published = 0;
    let finished = true;
    let oldestMs = 0;
    await Promise.all(
      sources.map(async (pages) => {
        for await (const page of pages) {
          if (!hasTime(context)) {
            finished = false;
            return;
          }
          oldestMs = Math.max(oldestMs, ...page.map(ageMs));
          const report = await publish(page);
          published += report.published.length;
          for (const [aggregateId, error] of report.failed) failed.set(aggregateId, error);
        }
      }),
    );
    measure('OldestUnpublished', 'Seconds', [oldestMs / 1000]);
    // The sweep retries the relay's failures. Therefore, the alarm watches only `LeftInOutbox`, the number of
    // aggregates with a row that the sweep left in the outbox because of an error.
    count({ Published: published, LeftInOutbox: failed.size });
    return {
      published,
      failed: [...failed]
        .slice(0, MAX_REPORTED_FAILURES)
        .map(([aggregateId, { message }]) => ({ aggregateId, error: message })),
      failedAggregates: failed.size,
      finished,
    };
  }

  return {
    relay: (event: DynamoDBStreamEvent): Promise<DynamoDBBatchResponse> =>
      flushed(async () => {
        // Records of deleted rows are skipped, because these rows are published. A filter of the event source mapping
        // saves invocations that would contain only such records.
        const rows = event.Records.filter(({ eventName }) => eventName !== 'REMOVE');
        const doorbells = rows.map((record) => ({ record, row: rowOf(record) }));
        // The spans of the published messages belong to other traces, and are linked to this trace.
        const { published, failed } = await traced(
          'relay',
          { kind: SpanKind.CONSUMER, attributes: { 'messaging.batch.message_count': doorbells.length } },
          () => publish(doorbells.map(({ row }) => row)),
        );
        count({ Published: published.length, NotPublished: failed.size });
        // If SNS or SQS rejects a message, an immediate retry would be rejected again and block the shard of the
        // stream. Therefore, the message is left to the sweep.
        const toRetry = new Set(
          [...failed].filter(([, error]) => !isPermanent(error)).map(([aggregateId]) => aggregateId),
        );
        return {
          batchItemFailures: doorbells
            .filter(({ row }) => toRetry.has(row.aggregateId))
            .map(({ record }) => ({ itemIdentifier: record.dynamodb?.SequenceNumber ?? '' })),
        };
      }),

    sweep: (
      request: PublishRequest | LaterRequest | object,
      context: Pick<Context, 'getRemainingTimeInMillis'>,
    ): Promise<OutboxSweepReport | LaterAnswer> =>
      flushed(async () => {
        const response = await later?.answer(request);
        if (response) return response;
        if ('publish' in request) return publishAll([rowsOf((request as PublishRequest).publish)], context);
        const segments = Array.from({ length: SEGMENTS }, (_, segment) => outbox.scan(segment, SEGMENTS));
        // The two parts of the sweep run in parallel, and each completes even if the other fails. `publishAll` need not
        // wait for scheduled messages that are due, because their release triggers the relay.
        const [published, released] = await Promise.allSettled([publishAll(segments, context), later?.sweep(context)]);
        if (published.status === 'rejected') throw published.reason;
        if (released.status === 'rejected') throw released.reason;
        return { ...published.value, ...(released.value && { later: released.value }) };
      }),
  };
}

/** @throws {Error} if the stream contains no new images. In this case, only the sweep publishes */
function rowOf({ dynamodb }: DynamoDBRecord): OutboxRow {
  if (!dynamodb?.NewImage) throw new Error('the stream of the outbox must have the view type NEW_IMAGE');
  return readRow(unmarshall(dynamodb.NewImage as Record<string, AttributeValue>));
}
