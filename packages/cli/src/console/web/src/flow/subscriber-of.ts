import type { TopologyNode } from '../../../../stage/topology.ts';

/**
 * Returns the subscriber to which a queue, dead-letter queue or function belongs, according to the node's name:
 * `points-commands.fifo` belongs to `points-commands`. Undefined for all other nodes.
 */
export function subscriberOf({ kind, name }: TopologyNode, subscribers: readonly string[]): string | undefined {
  if (!['queue', 'dead letters', 'function'].includes(kind)) return undefined;
  const candidates = subscribers.filter(
    (subscriber) => name === subscriber || name.startsWith(`${subscriber}-`) || name.startsWith(`${subscriber}.`),
  );
  return candidates.toSorted((a, b) => b.length - a.length)[0];
}
