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
  /** The publisher's version; undefined: it has none. */
  version?: number;
  /** The last version that the consumer applied; undefined: none. */
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

/** A subject that is compared again after messages in transit have arrived. */
interface Recheck {
  channel: VersionedChannel;
  id: string;
  /** The publisher's version at the first comparison. */
  version?: number;
}

export interface CompareOptions {
  /** Called once for each subject with differences. */
  onDifferences: (differences: Difference[], channel: VersionedChannel, id: string) => Promise<void>;
  onProgress?: (count: number) => void;
}

/** Maximum number of subjects that wait for the second comparison, to limit memory. */
const MAX_RECHECKS = 20_000;
const BATCH_SIZE = 100;

/**
 * Compares a publisher's table with the tables of its consumers, page by page, in both directions. Differing subjects
 * are compared again once the queues are empty, so that a message in transit does not count as a difference.
 */
export async function compare(
  stage: StageClient,
  all: readonly VersionedChannel[],
  options: CompareOptions,
): Promise<Comparison> {
  const { onDifferences, onProgress } = options;
  const compared: Comparison = { subjects: {}, cursors: {}, onTheirWay: [] };
  let rechecks: Recheck[] = [];
  let count = 0;

  async function recheckAll(): Promise<void> {
    const batch = rechecks;
    rechecks = [];
    if (batch.length === 0) return;
    compared.onTheirWay = await waitUntilDelivered(stage, all);
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

  async function compareSubjects(channel: VersionedChannel, known: readonly PublisherRecord[]): Promise<void> {
    const { name, consumers, rulesOf } = channel;
    const ids = known.map(({ id }) => id);
    const kinds = await Promise.all(
      consumers.map(async (consumer) => {
        const held = await readConsumerRecords(stage, consumer, ids);
        return known.map((one) => classify(one, held.get(one.id), rulesOf(consumer)));
      }),
    );
    await addRechecks(
      known
        .filter((_, index) => kinds.some((ofConsumer) => ofConsumer[index]))
        .map(({ id, version }) => ({ channel, id, version })),
    );
    compared.subjects[name] = (compared.subjects[name] ?? 0) + known.length;
    progress(known.length);
  }

  /** Finds subjects that only a consumer has. */
  async function compareCursors(
    channel: VersionedChannel,
    consumer: ChannelConsumer,
    ids: readonly string[],
  ): Promise<void> {
    const known = await readPublisherRecords(stage, channel, ids);
    await addRechecks(ids.filter((id) => !known.has(id)).map((id) => ({ channel, id })));
    compared.cursors[consumer.name] = (compared.cursors[consumer.name] ?? 0) + ids.length;
    progress(ids.length);
  }

  for (const channel of all) {
    const { name, table, consumers, read } = channel;
    compared.subjects[name] = 0;
    await eachPage(stage, { TableName: stage.table(table) }, (items) =>
      compareSubjects(
        channel,
        items.map(read).filter((known) => known !== undefined),
      ),
    );
    for (const consumer of consumers) {
      compared.cursors[consumer.name] = 0;
      await eachCursorPage(stage, consumer, (ids) => compareCursors(channel, consumer, ids));
    }
  }
  await recheckAll();
  return compared;
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
  const held = await Promise.all(consumers.map((consumer) => readConsumerRecords(stage, consumer, ids)));
  const known = await readPublisherRecords(stage, channel, ids);
  const found = ids.flatMap((id) =>
    consumers.map(async (consumer, index) => {
      const consumerRecord = held[index]?.get(id);
      const kind = kindOf(channel, consumer, known.get(id), consumerRecord, firstVersions.get(id));
      return kind && differenceOf(stage, channel, consumer, id, kind, known.get(id), consumerRecord);
    }),
  );
  return (await Promise.all(found)).filter((one) => one !== undefined);
}

/** @param firstVersion the publisher's version before messages in transit had arrived */
function kindOf(
  channel: VersionedChannel,
  consumer: ChannelConsumer,
  known: PublisherRecord | undefined,
  held: ConsumerRecord | undefined,
  firstVersion: number | undefined,
): Kind | undefined {
  const kind = classify(known ?? zeroCounter(channel, held), held, channel.rulesOf(consumer));
  const hasChanged = known !== undefined && known.version !== firstVersion;
  const hasCaughtUp = (held?.version ?? 0) >= (firstVersion ?? 0);
  const mayBeInTransit = kind !== undefined && (lacksVersions(kind) || kind === 'other-state');
  return hasChanged && hasCaughtUp && mayBeInTransit ? undefined : kind;
}

/** A missing counter of commands counts as 0. */
const zeroCounter = (
  { aggregates }: VersionedChannel,
  held: ConsumerRecord | undefined,
): PublisherRecord | undefined => (aggregates || !held ? undefined : { id: '', version: 0, erased: false, state: {} });

async function differenceOf(
  stage: StageClient,
  channel: VersionedChannel,
  consumer: ChannelConsumer,
  id: string,
  kind: Kind,
  known: PublisherRecord | undefined,
  held: ConsumerRecord | undefined,
): Promise<Difference> {
  const [unpublished, parked] = await Promise.all([
    unpublishedVersions(stage, channel, id),
    parkedVersions(stage, consumer, id),
  ]);
  const difference: Difference = {
    ...{ channel: channel.name, consumer: consumer.name, aggregate: id, kind },
    ...(known && { version: known.version }),
    ...(held && { applied: held.version }),
    ...(parked.length > 0 && { parked: [...new Set(parked.map(({ reason }) => reason))] }),
  };
  if (!known || !lacksVersions(kind)) return difference;
  const versionsParked = parked.map(({ version }) => version);
  const missing = lostVersions(known, held, new Set([...unpublished, ...versionsParked])).length;
  // If a consumer lacks only an erasure, it may lack no version, and nothing is pending for it.
  const waits = missing === 0 && known.version > (held?.version ?? 0);
  if (waits) return { ...difference, kind: versionsParked.length > 0 ? 'parked' : 'unpublished' };
  return { ...difference, lost: missing };
}
