import type { TopologyNode } from '../../../../stage/topology.ts';

/**
 * Returns the subscriber of a queue, a dead-letter queue or a function by its name. For example, `points-commands.fifo`
 * belongs to `points-commands`.
 */
export function subscriberOf({ kind, name }: TopologyNode, subscribers: readonly string[]): string | undefined {
  if (!['queue', 'dead letters', 'function'].includes(kind)) return undefined;
  const candidates = subscribers.filter(
    (subscriber) => name === subscriber || name.startsWith(`${subscriber}-`) || name.startsWith(`${subscriber}.`),
  );
  return candidates.toSorted((a, b) => b.length - a.length)[0];
}
