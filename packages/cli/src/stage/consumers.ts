import type { Topology } from './topology.ts';

/** Who takes the messages of a queue. */
export interface Consumer {
  /** Of its table, too. */
  name: string;
  /** Physical name. */
  queue: string;
  /** Whether a topic delivers to the queue: every event about every aggregate, in order. */
  subscribes: boolean;
}

const CONSUME = '-consume';

/** The consumers that are deployed: functions that take what the kit's tables and cursors count. */
export function consumersOf({ nodes, edges }: Topology): Consumer[] {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const delivered = new Set(edges.filter(({ label }) => label === 'delivers').map(({ to }) => to));
  return edges.flatMap(({ from, to, label }): Consumer[] => {
    const [queue, taking] = [byId.get(from), byId.get(to)];
    // What takes messages without the kit is called otherwise.
    if (label !== 'consumes' || !queue?.resources[0] || !taking?.name.endsWith(CONSUME)) return [];
    const name = taking.name.slice(0, -CONSUME.length);
    return [{ name, queue: queue.resources[0], subscribes: delivered.has(from) }];
  });
}

export const subscribersOf = (consumers: readonly Consumer[]): string[] =>
  consumers.filter(({ subscribes }) => subscribes).map(({ name }) => name);
