/**
 * The layout of a subscriber's table: `pk` = aggregate id; `sk` = the key of the item that carries the cursor,
 * `parked#VERSION#ID`, `discarded#VERSION#ID`, `begun#VERSION#ID`, or what the service itself keeps there.
 */
export const PARKED = 'parked#';
export const DISCARDED = 'discarded#';
export const BEGUN = 'begun#';

/** Sparse index: only parked messages carry its partition key. */
export const PARKED_INDEX = 'parked';
export const PARKED_AGGREGATE = 'parkedAggregate';

const VERSION_DIGITS = 16;

/** What the sort keys of a version begin with. Two messages that claim it have a place each: neither may take the other's. */
export const versionUnder = (prefix: string, version: number) =>
  `${prefix}${String(version).padStart(VERSION_DIGITS, '0')}#`;

/** Where an item about a message stands. */
export const keyUnder = (prefix: string, message: { aggregateId: string; version: number; messageId: string }) => ({
  pk: message.aggregateId,
  sk: `${versionUnder(prefix, message.version)}${message.messageId}`,
});
