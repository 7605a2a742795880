import type { Item } from './aggregates.ts';

/** The publisher's record of one subject. */
export interface PublisherRecord {
  id: string;
  version: number;
  erased: boolean;
  state: Item;
}

/** A consumer's record of one subject: the item with its cursor. */
export interface ConsumerRecord {
  version: number;
  erased: boolean;
  item: Item;
}

/** How a consumer differs from the publisher. For each kind, see docs/decisions/0054. */
export type Kind =
  | 'unpublished'
  | 'parked'
  | 'behind'
  | 'missing'
  | 'not-erased'
  | 'ahead'
  | 'other-state'
  | 'returned'
  | 'unknown';

/** Whether the consumer may lack committed versions. */
export const lacksVersions = (kind: Kind): boolean => ['behind', 'missing', 'not-erased'].includes(kind);

export interface Rules {
  /** Whether the consumer may lack versions from before its first deployment. */
  joinsLate: boolean;
  agrees: (publisherRecord: PublisherRecord, consumerRecord: ConsumerRecord) => boolean;
}

/** Compares the two records of one subject. @returns undefined if the records do not differ */
export function classify(
  publisherRecord: PublisherRecord | undefined,
  consumerRecord: ConsumerRecord | undefined,
  rules: Rules,
): Kind | undefined {
  // An erased record without a counterpart is not a difference.
  if (!publisherRecord) return consumerRecord && !consumerRecord.erased ? 'unknown' : undefined;
  if (!consumerRecord) return publisherRecord.erased || rules.joinsLate ? undefined : 'missing';
  if (consumerRecord.erased) return publisherRecord.erased ? undefined : 'returned';
  if (publisherRecord.erased) return 'not-erased';
  if (consumerRecord.version > publisherRecord.version) return 'ahead';
  if (consumerRecord.version < publisherRecord.version) return 'behind';
  return rules.agrees(publisherRecord, consumerRecord) ? undefined : 'other-state';
}

/**
 * The versions that a consumer lacks and that are not waiting.
 * @param waiting versions that are in the outbox or parked
 */
export function lostVersions(
  publisherRecord: PublisherRecord,
  consumerRecord: ConsumerRecord | undefined,
  waiting: ReadonlySet<number>,
): number[] {
  const after = consumerRecord?.version ?? 0;
  const versions = Array.from(
    { length: Math.max(0, publisherRecord.version - after) },
    (_, index) => after + 1 + index,
  );
  return versions.filter((version) => !waiting.has(version));
}
