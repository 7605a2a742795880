import { TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import { transact } from '@rollcall/kit/internal/aws/transact';
import { outboxRowOf } from '@rollcall/kit/internal/messaging/draft';
import { type OutboxRow, outboxPut, type TransactItem } from '@rollcall/kit/internal/messaging/outbox';
import { v7 as newId } from 'uuid';
import type { StageClient } from '../stage/stage.ts';
import type { Aggregates } from './aggregates.ts';
import { type ConsumerRecord, lostVersions, type PublisherRecord } from './classify.ts';
import { parkedVersions, readConsumerRecords, readPublisherRecords, unpublishedVersions } from './records.ts';
import { sourceOf, type VersionedChannel } from './versioned-channels.ts';

/** All records of the publisher and the consumers about one subject. */
interface SubjectRecords {
  publisherRecord: PublisherRecord | undefined;
  consumerRecords: ConsumerRecord[];
  /** Committed versions in the outbox. */
  unpublished: number[];
  /** Versions that a consumer lacks and that are neither parked nor in the outbox. */
  lost: number[];
  /** Versions that any consumer has parked. */
  parked: number[];
}

/**
 * A transaction has at most 100 items, and one of them is the condition check.
 * https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
 */
const MAX_ROWS = 99;

async function recordsOf(stage: StageClient, channel: VersionedChannel, id: string): Promise<SubjectRecords> {
  const { consumers } = channel;
  const byConsumer = await Promise.all(
    consumers.map(async (consumer) => ({
      joinsLate: consumer.joinsLate,
      consumerRecord: (await readConsumerRecords(stage, consumer, [id])).get(id),
      parked: (await parkedVersions(stage, consumer, id)).map(({ version }) => version),
    })),
  );
  const unpublished = await unpublishedVersions(stage, channel, id);
  // Reads the publisher's record after the consumers' records, so that a change in between does not make the publisher
  // appear to be behind.
  const publisherRecord = (await readPublisherRecords(stage, channel, [id])).get(id);
  const lacking = byConsumer.flatMap(({ joinsLate, consumerRecord, parked }) => {
    if (!publisherRecord || consumerRecord?.erased) return [];
    if (!consumerRecord && (joinsLate || publisherRecord.erased)) return [];
    // After an erasure, a consumer needs only the erasing event, as its next version.
    if (publisherRecord.erased) return [(consumerRecord?.version ?? 0) + 1];
    return lostVersions(publisherRecord, consumerRecord, new Set([...parked, ...unpublished]));
  });
  return {
    ...{ publisherRecord, unpublished },
    consumerRecords: byConsumer.flatMap(({ consumerRecord }) => consumerRecord ?? []),
    lost: [...new Set(lacking)].sort((a, b) => a - b),
    parked: byConsumer.flatMap(({ parked }) => parked),
  };
}

/** The event with the current state, as an outbox row. Undefined if the app defines no such event. */
function rowOf(aggregates: Aggregates, { id, state }: PublisherRecord, version: number): OutboxRow | undefined {
  const { topic, stateAt } = aggregates;
  const draft = stateAt?.(state, version);
  if (!draft) return undefined;
  const { large, ...channel } = topic;
  const metadata = { source: sourceOf(topic), subject: id, aggregateId: id, version };
  const row = outboxRowOf(channel, draft, metadata, { now: new Date(), newId });
  return large && draft.contract.erases ? { ...row, erases: true } : row;
}

/** @returns false if the subject was changed concurrently */
async function writeIfUnchanged(stage: StageClient, items: TransactItem[]): Promise<boolean> {
  try {
    await transact(stage.dynamodb, items);
    return true;
  } catch (error) {
    const reasons = error instanceof TransactionCanceledException ? (error.CancellationReasons ?? []) : [];
    if (reasons.some(({ Code }) => Code === 'ConditionalCheckFailed')) return false;
    throw error;
  }
}

/** The condition that the publisher's version is unchanged. */
const versionUnchanged = ({ version: attribute }: VersionedChannel, version: number) => ({
  ConditionExpression: version === 0 ? 'attribute_not_exists(#version)' : '#version = :before',
  ExpressionAttributeNames: { '#version': attribute },
});

/**
 * Raises the publisher's version to the highest version that is unpublished, parked or applied, because consumers
 * ignore versions that they have already applied. If the app defines an event for the current state, raises the version
 * by one more, and publishes the event with this version in the same transaction.
 * @returns false if nothing was changed, for example because a consumer has erased the subject
 */
export async function raiseVersion(stage: StageClient, channel: VersionedChannel, id: string): Promise<boolean> {
  const { aggregates, table, outbox, key } = channel;
  const { publisherRecord, consumerRecords, unpublished, parked } = await recordsOf(stage, channel, id);
  if (aggregates && !publisherRecord) return false;
  if (publisherRecord?.erased || consumerRecords.some(({ erased }) => erased)) return false;
  const before = publisherRecord?.version ?? 0;
  const highest = Math.max(before, ...unpublished, ...parked, ...consumerRecords.map(({ version }) => version));
  const row = aggregates && publisherRecord && rowOf(aggregates, publisherRecord, highest + 1);
  const version = row ? row.version : highest;
  if (version === before) return false;
  const update = {
    ...{ TableName: stage.table(table), Key: key(id), ...versionUnchanged(channel, before) },
    UpdateExpression: 'SET #version = :version',
    ExpressionAttributeValues: { ':version': version, ...(before > 0 && { ':before': before }) },
  };
  return writeIfUnchanged(stage, [{ Update: update }, ...(row ? [outboxPut(stage.table(outbox), row)] : [])]);
}

/**
 * Publishes again the versions that a consumer lacks (at most 99), each with the current state. Consumers that have a
 * version ignore its message as a duplicate.
 * @returns the number of published versions
 */
export async function republishLost(stage: StageClient, channel: VersionedChannel, id: string): Promise<number> {
  const { aggregates, table, outbox, key } = channel;
  if (!aggregates) return 0;
  const { publisherRecord, consumerRecords, lost: versions } = await recordsOf(stage, channel, id);
  const isErasedOnlyByConsumer = consumerRecords.some(({ erased }) => erased) && !publisherRecord?.erased;
  if (!publisherRecord || isErasedOnlyByConsumer) return 0;
  const rows = versions.slice(0, MAX_ROWS).map((version) => rowOf(aggregates, publisherRecord, version));
  if (rows.length === 0 || rows.some((row) => row === undefined)) return 0;
  const check = {
    ...{ TableName: stage.table(table), Key: key(id), ...versionUnchanged(channel, publisherRecord.version) },
    ExpressionAttributeValues: { ':before': publisherRecord.version },
  };
  const puts = rows.flatMap((row) => (row ? [outboxPut(stage.table(outbox), row)] : []));
  return (await writeIfUnchanged(stage, [{ ConditionCheck: check }, ...puts])) ? puts.length : 0;
}
