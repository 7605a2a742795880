import { createHash } from 'node:crypto';

/** Key attributes of a table of scheduled messages: the subject, and a name that is unique per subject. */
export const LATER_KEYS = ['subject', 'name'] as const;

/**
 * An index of the scheduled messages, which contains only keys. Each partition contains the messages of one shard of
 * the subjects, sorted by due time.
 */
export const DUE_INDEX = 'due';
export const DUE_KEYS = ['shard', 'due'] as const;

/**
 * The shards of the index. More shards allow more writes, because an index partition accepts 1,000 write units per
 * second (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html). But the sweep
 * queries each shard every minute.
 */
export const SHARDS = ['0', '1', '2', '3'] as const;

/** All messages about one subject are in the same shard, ordered by due time. */
export const shardOf = (subject: string): string =>
  SHARDS[(createHash('sha256').update(subject).digest()[0] ?? 0) % SHARDS.length] as string;
