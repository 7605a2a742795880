import type { TopologyNode } from '../../../../stage/topology.ts';

/** The subscriber that a queue, its dead letters or its function belongs to: `points-commands.fifo` and `points-commands` alike. */
export function subscriberOf({ kind, name }: TopologyNode, subscribers: readonly string[]): string | undefined {
  if (!['queue', 'dead letters', 'function'].includes(kind)) return undefined;
  const candidates = subscribers.filter(
    (subscriber) => name === subscriber || name.startsWith(`${subscriber}-`) || name.startsWith(`${subscriber}.`),
  );
  return candidates.toSorted((a, b) => b.length - a.length)[0];
}
