import { stuckProcessOf } from './process/stuck.ts';
import type { ParkedMessage, ParkedReason } from './subscriber-store.ts';

/** What a parked message waits for, by its reason. Operators see the reasons in this order. */
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

/** The age from which a parked message needs an operator, unless its reason is `held`. */
const OLD_MS = 60 * 60_000;

export const ageOf = ({ parkedAt }: ParkedMessage, now: Date): number => now.getTime() - Date.parse(parkedAt);

export const isOld = (parked: ParkedMessage, now: Date): boolean => ageOf(parked, now) > OLD_MS;

/**
 * Whether a parked message needs an operator. Messages that wait for a person need an operator immediately. A held
 * message needs no operator, unless it is the deadline message of a process. All other messages need an operator after
 * an hour. The alarm's metric, the reports of redrives and the command `doctor` use this function.
 */
export const needsPerson = (parked: ParkedMessage, now: Date): boolean =>
  WAITS_FOR[parked.reason] === 'a person' ||
  (parked.reason !== 'held' && isOld(parked, now)) ||
  stuckProcessOf(parked) !== undefined;

/** Whether later messages of the same aggregate wait for this message. */
export const blocksLater = ({ version, reason }: ParkedMessage): boolean =>
  version > 0 && reason !== 'unsent' && reason !== 'below-baseline';

/** The first parked message of an aggregate, not counting `unsent` messages, which were applied. */
export const lowestOf = (queue: readonly ParkedMessage[]): ParkedMessage | undefined =>
  queue.find(({ reason }) => reason !== 'unsent');
