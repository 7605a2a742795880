import type { StageClient } from '../stage/stage.ts';
import {
  type ConsumerRecord,
  classify,
  type Kind,
  lacksVersions,
  lostVersions,
  type PublisherRecord,
} from './classify.ts';
import { type InTransit, waitUntilDelivered } from './in-transit.ts';
import {
  eachCursorPage,
  eachPage,
  parkedVersions,
  readConsumerRecords,
  readPublisherRecords,
  unpublishedVersions,
} from './records.ts';
import type { ChannelConsumer, VersionedChannel } from './versioned-channels.ts';

/** A subject about which a consumer and the publisher disagree. */
export interface Difference {
  channel: string;
  consumer: string;
  aggregate: string;
  kind: Kind;
  /** The publisher's version; undefined if the publisher does not have the subject. */
  version?: number;
  /** The version of the consumer's cursor; undefined if the consumer has no cursor for the subject. */
  applied?: number;
  /** Number of missing versions that are neither in the outbox nor parked. */
  lost?: number;
  /** The consumer's parked messages about the subject, by reason. */
  parked?: string[];
}

export interface Comparison {
  /** Number of subjects of the publisher, by channel. */
  subjects: Record<string, number>;
  /** Number of cursors read, by consumer. */
  cursors: Record<string, number>;
  onTheirWay: InTransit[];
}

/** A subject that is compared a second time. */
interface Recheck {
  channel: VersionedChannel;
  id: string;
  /** The publisher's version at the first comparison. */
  version?: number;
}

export interface CompareOptions {
  /** Called with the differences of one subject. */
  onDifferences: (differences: Difference[], channel: VersionedChannel, id: string) => Promise<void>;
  onProgress?: (count: number) => void;
}

/** The second comparison starts when this many subjects wait for it, to limit memory. */
const MAX_RECHECKS = 20_000;
const BATCH_SIZE = 100;

/**
 * Compares each publisher's table with the tables of its consumers, page by page, in both directions. Compares
 * differing subjects again once the queues are empty or 20 seconds have passed, because a message in transit is not a
 * difference.
 */
export async function compare(
  stage: StageClient,
  all: readonly VersionedChannel[],
  options: CompareOptions,
): Promise<Comparison> {
  const { onDifferences, onProgress } = options;
  const comparison: Comparison = { subjects: {}, cursors: {}, onTheirWay: [] };
  let rechecks: Recheck[] = [];
  let count = 0;

  async function recheckAll(): Promise<void> {
    const batch = rechecks;
    rechecks = [];
    if (batch.length === 0) return;
    comparison.onTheirWay = await waitUntilDelivered(stage, all);
    for (const [channel, subjects] of Map.groupBy(batch, (recheck) => recheck.channel)) {
      for (let index = 0; index < subjects.length; index += BATCH_SIZE) {
        const differences = await differencesOf(stage, channel, subjects.slice(index, index + BATCH_SIZE));
        for (const [id, ofSubject] of Map.groupBy(differences, ({ aggregate }) => aggregate))
          await onDifferences(ofSubject, channel, id);
      }
    }
  }

  async function addRechecks(added: readonly Recheck[]): Promise<void> {
    rechecks.push(...added);
    if (rechecks.length >= MAX_RECHECKS) await recheckAll();
  }

  function progress(more: number): void {
    count += more;
    onProgress?.(count);
  }

  async function compareSubjects(
    channel: VersionedChannel,
    publisherRecords: readonly PublisherRecord[],
  ): Promise<void> {
    const { name, consumers, rulesOf } = channel;
    const ids = publisherRecords.map(({ id }) => id);
    const kinds = await Promise.all(
      consumers.map(async (consumer) => {
        const consumerRecords = await readConsumerRecords(stage, consumer, ids);
        return publisherRecords.map((one) => classify(one, consumerRecords.get(one.id), rulesOf(consumer)));
      }),
    );
    await addRechecks(
      publisherRecords
        .filter((_, index) => kinds.some((ofConsumer) => ofConsumer[index]))
        .map(({ id, version }) => ({ channel, id, version })),
    );
    comparison.subjects[name] = (comparison.subjects[name] ?? 0) + publisherRecords.length;
    progress(publisherRecords.length);
  }

  /** Finds subjects that only a consumer has. */
  async function compareCursors(
    channel: VersionedChannel,
    consumer: ChannelConsumer,
    ids: readonly string[],
  ): Promise<void> {
    const publisherRecords = await readPublisherRecords(stage, channel, ids);
    await addRechecks(ids.filter((id) => !publisherRecords.has(id)).map((id) => ({ channel, id })));
    comparison.cursors[consumer.name] = (comparison.cursors[consumer.name] ?? 0) + ids.length;
    progress(ids.length);
  }

  for (const channel of all) {
    const { name, table, consumers, read } = channel;
    comparison.subjects[name] = 0;
    await eachPage(stage, { TableName: stage.table(table) }, (items) =>
      compareSubjects(
        channel,
        items.map(read).filter((record) => record !== undefined),
      ),
    );
    for (const consumer of consumers) {
      comparison.cursors[consumer.name] = 0;
      await eachCursorPage(stage, consumer, (ids) => compareCursors(channel, consumer, ids));
    }
  }
  await recheckAll();
  return comparison;
}

/** Compares subjects a second time. */
async function differencesOf(
  stage: StageClient,
  channel: VersionedChannel,
  rechecks: readonly Recheck[],
): Promise<Difference[]> {
  const firstVersions = new Map(rechecks.map(({ id, version }) => [id, version]));
  const ids = [...firstVersions.keys()];
  const { consumers } = channel;
  // Reads the consumers before the publisher, so that a consumer does not wrongly appear to be ahead.
  const recordsByConsumer = await Promise.all(consumers.map((consumer) => readConsumerRecords(stage, consumer, ids)));
  const publisherRecords = await readPublisherRecords(stage, channel, ids);
  const found = ids.flatMap((id) =>
    consumers.map(async (consumer, index) => {
      const publisherRecord = publisherRecords.get(id);
      const consumerRecord = recordsByConsumer[index]?.get(id);
      const kind = kindOf(channel, consumer, publisherRecord, consumerRecord, firstVersions.get(id));
      return kind && differenceOf(stage, channel, consumer, id, kind, publisherRecord, consumerRecord);
    }),
  );
  return (await Promise.all(found)).filter((one) => one !== undefined);
}

/**
 * Compares the records of a subject a second time. If the publisher has changed the subject since the first comparison,
 * and the consumer has applied the version of the first comparison, a newer message may be in transit. In that case, a
 * difference that this message may explain is not reported.
 * @param firstVersion the publisher's version at the first comparison
 */
function kindOf(
  channel: VersionedChannel,
  consumer: ChannelConsumer,
  publisherRecord: PublisherRecord | undefined,
  consumerRecord: ConsumerRecord | undefined,
  firstVersion: number | undefined,
): Kind | undefined {
  const kind = classify(
    publisherRecord ?? zeroCounter(channel, consumerRecord),
    consumerRecord,
    channel.rulesOf(consumer),
  );
  const hasChanged = publisherRecord !== undefined && publisherRecord.version !== firstVersion;
  const hasCaughtUp = (consumerRecord?.version ?? 0) >= (firstVersion ?? 0);
  const mayBeInTransit = kind !== undefined && (lacksVersions(kind) || kind === 'other-state');
  return hasChanged && hasCaughtUp && mayBeInTransit ? undefined : kind;
}

/** For commands: if the consumer has a record and the sender has no counter, the counter counts as 0. */
const zeroCounter = (
  { aggregates }: VersionedChannel,
  consumerRecord: ConsumerRecord | undefined,
): PublisherRecord | undefined =>
  aggregates || !consumerRecord ? undefined : { id: '', version: 0, erased: false, state: {} };

async function differenceOf(
  stage: StageClient,
  channel: VersionedChannel,
  consumer: ChannelConsumer,
  id: string,
  kind: Kind,
  publisherRecord: PublisherRecord | undefined,
  consumerRecord: ConsumerRecord | undefined,
): Promise<Difference> {
  const [unpublished, parked] = await Promise.all([
    unpublishedVersions(stage, channel, id),
    parkedVersions(stage, consumer, id),
  ]);
  const difference: Difference = {
    ...{ channel: channel.name, consumer: consumer.name, aggregate: id, kind },
    ...(publisherRecord && { version: publisherRecord.version }),
    ...(consumerRecord && { applied: consumerRecord.version }),
    ...(parked.length > 0 && { parked: [...new Set(parked.map(({ reason }) => reason))] }),
  };
  if (!publisherRecord || !lacksVersions(kind)) return difference;
  const versionsParked = parked.map(({ version }) => version);
  const missing = lostVersions(publisherRecord, consumerRecord, new Set([...unpublished, ...versionsParked])).length;
  // In a difference of kind `not-erased`, the consumer may have all versions. In this case, no message is pending.
  const isPending = missing === 0 && publisherRecord.version > (consumerRecord?.version ?? 0);
  if (isPending) return { ...difference, kind: versionsParked.length > 0 ? 'parked' : 'unpublished' };
  return { ...difference, lost: missing };
}
