import { createHash } from 'node:crypto';

/** The key of a table of messages for later: whom they are about, and a name among those. */
export const LATER_KEYS = ['subject', 'name'] as const;

/** Index of the same messages, keys only: by a shard of subjects, and the time when they are due. */
export const DUE_INDEX = 'due';
export const DUE_KEYS = ['shard', 'due'] as const;

/**
 * A key of an index takes 1,000 write units a second
 * (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html), and each shard is a query a minute.
 */
export const SHARDS = ['0', '1', '2', '3'] as const;

/** All messages about one subject are in one shard, which has them in the order of their times. */
export const shardOf = (subject: string): string =>
  SHARDS[(createHash('sha256').update(subject).digest()[0] ?? 0) % SHARDS.length] as string;
