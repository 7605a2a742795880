import { stuckProcessOf } from './process/stuck.ts';
import type { ParkedMessage, ParkedReason } from './subscriber-store.ts';

/** What a parked message waits for, by reason; in the order in which operators see them. */
export const WAITS_FOR = {
  failed: 'a person',
  held: 'its release',
  retry: 'its time',
  gap: 'its turn',
  unsent: 'its time',
  'below-baseline': 'a person',
  unreadable: 'a person',
} as const satisfies Record<ParkedReason, string>;

export const parkedReasons = Object.keys(WAITS_FOR) as ParkedReason[];

/** After this time, a parked message needs attention whatever its reason. */
const OLD_MS = 60 * 60_000;

export const ageOf = ({ parkedAt }: ParkedMessage, now: Date): number => now.getTime() - Date.parse(parkedAt);

export const isOld = (parked: ParkedMessage, now: Date): boolean => ageOf(parked, now) > OLD_MS;

/**
 * Whether a parked message needs a person, including temporary failures and missing predecessors that last unusually
 * long. A message held by a rule needs no operator; a process that holds its deadline does. The alarm's metric and the
 * operators' views use this.
 */
export const needsPerson = (parked: ParkedMessage, now: Date): boolean =>
  WAITS_FOR[parked.reason] === 'a person' ||
  (parked.reason !== 'held' && isOld(parked, now)) ||
  stuckProcessOf(parked) !== undefined;

/** Whether later messages of its aggregate wait for it. */
export const blocksLater = ({ version, reason }: ParkedMessage): boolean =>
  version > 0 && reason !== 'unsent' && reason !== 'below-baseline';

/** The first message of an aggregate that is still to be applied. */
export const lowestOf = (queue: readonly ParkedMessage[]): ParkedMessage | undefined =>
  queue.find(({ reason }) => reason !== 'unsent');
