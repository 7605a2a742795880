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

/** How a consumer differs from the publisher. */
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

/** Whether the consumer lacks committed versions. */
export const lacksVersions = (kind: Kind): boolean => ['behind', 'missing', 'not-erased'].includes(kind);

export interface Rules {
  /** Whether the consumer may lack versions from before its first deployment. */
  joinsLate: boolean;
  agrees: (known: PublisherRecord, held: ConsumerRecord) => boolean;
}

/** The difference of one consumer from the publisher about one subject; undefined: none. */
export function classify(
  known: PublisherRecord | undefined,
  held: ConsumerRecord | undefined,
  rules: Rules,
): Kind | undefined {
  // An erased record without a counterpart is not a difference.
  if (!known) return held && !held.erased ? 'unknown' : undefined;
  if (!held) return known.erased || rules.joinsLate ? undefined : 'missing';
  if (held.erased) return known.erased ? undefined : 'returned';
  if (known.erased) return 'not-erased';
  if (held.version > known.version) return 'ahead';
  if (held.version < known.version) return 'behind';
  return rules.agrees(known, held) ? undefined : 'other-state';
}

/** The versions that a consumer lacks and that are neither in the outbox nor parked. */
export function lostVersions(
  known: PublisherRecord,
  held: ConsumerRecord | undefined,
  waiting: ReadonlySet<number>,
): number[] {
  const after = held?.version ?? 0;
  const versions = Array.from({ length: Math.max(0, known.version - after) }, (_, index) => after + 1 + index);
  return versions.filter((version) => !waiting.has(version));
}
