import type { Topology } from './topology.ts';

/** A consumer of a queue. */
export interface Consumer {
  /** Also the name of its table. */
  name: string;
  /** Physical name. */
  queue: string;
  /** Whether a topic delivers to the queue. If so, the consumer receives every event of every aggregate, in order. */
  subscribes: boolean;
}

const CONSUME = '-consume';

/** The deployed consumers that use the kit, and therefore its tables and cursors. */
export function consumersOf({ nodes, edges }: Topology): Consumer[] {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const delivered = new Set(edges.filter(({ label }) => label === 'delivers').map(({ to }) => to));
  return edges.flatMap(({ from, to, label }): Consumer[] => {
    const [queue, consuming] = [byId.get(from), byId.get(to)];
    // The consuming functions of the kit are called `NAME-consume`.
    if (label !== 'consumes' || !queue?.resources[0] || !consuming?.name.endsWith(CONSUME)) return [];
    const name = consuming.name.slice(0, -CONSUME.length);
    return [{ name, queue: queue.resources[0], subscribes: delivered.has(from) }];
  });
}

export const subscribersOf = (consumers: readonly Consumer[]): string[] =>
  consumers.filter(({ subscribes }) => subscribes).map(({ name }) => name);
