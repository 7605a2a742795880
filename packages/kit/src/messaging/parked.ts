import { stuckProcessOf } from './process/stuck.ts';
import type { ParkedMessage, ParkedReason } from './subscriber-store.ts';

/** What a parked message waits for, by its reason; in the order in which a person is told of them. */
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

/** What has been parked for so long needs a look, whatever it is parked for. */
const OLD_MS = 60 * 60_000;

export const ageOf = ({ parkedAt }: ParkedMessage, now: Date): number => now.getTime() - Date.parse(parkedAt);

export const isOld = (parked: ParkedMessage, now: Date): boolean => ageOf(parked, now) > OLD_MS;

/**
 * Whether a parked message waits for a person: also what fails for now, or waits for its predecessor, for longer than that
 * is usual. What is held by a rule is no fault; a process that holds its deadline needs a person. The sweep counts by it for
 * the alarm, and operators are told by it.
 */
export const needsPerson = (parked: ParkedMessage, now: Date): boolean =>
  WAITS_FOR[parked.reason] === 'a person' ||
  (parked.reason !== 'held' && isOld(parked, now)) ||
  stuckProcessOf(parked) !== undefined;

/** Whether later messages of its aggregate wait for it. */
export const holdsUp = ({ version, reason }: ParkedMessage): boolean =>
  version > 0 && reason !== 'unsent' && reason !== 'below-baseline';

/** Of an aggregate's messages, the first that is still to be applied. */
export const lowestOf = (queue: readonly ParkedMessage[]): ParkedMessage | undefined =>
  queue.find(({ reason }) => reason !== 'unsent');
