/**
 * The layout of a subscriber's table. `pk` is the aggregate id or, for an unreadable message, the name of its queue.
 * `sk` is `parked#VERSION#ID`, `discarded#VERSION#ID`, `begun#VERSION#ID` (an attempt that has not ended), the key of
 * the item that contains the cursor, or another key that the service defines.
 */
export const PARKED = 'parked#';
export const DISCARDED = 'discarded#';
export const BEGUN = 'begun#';

/** Sparse index: only parked messages have its partition key. */
export const PARKED_INDEX = 'parked';
export const PARKED_AGGREGATE = 'parkedAggregate';

const VERSION_DIGITS = 16;

/**
 * Sort key prefix of a version. Two messages that claim the same version have separate items, so that neither
 * overwrites the other.
 */
export const versionUnder = (prefix: string, version: number) =>
  `${prefix}${String(version).padStart(VERSION_DIGITS, '0')}#`;

/** The key of an item about a message. */
export const keyUnder = (prefix: string, message: { aggregateId: string; version: number; messageId: string }) => ({
  pk: message.aggregateId,
  sk: `${versionUnder(prefix, message.version)}${message.messageId}`,
});
