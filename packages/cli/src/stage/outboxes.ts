import type { Resource } from './resources.ts';
import { topologyIn } from './topology.ts';

/** An outbox table, and its sweep function: names without app and stage. */
export interface Outbox {
  name: string;
  sweep: string;
  /** The table of its scheduled messages, if it has one. */
  later?: string;
}

/** The deployed outboxes: the tables that have a stream and that a function reads on a schedule. */
export function outboxesIn(resources: readonly Resource[], prefix: string): Outbox[] {
  const { nodes, edges } = topologyIn(resources, prefix, { all: true });
  const nameOf = new Map(nodes.map(({ id, name }) => [id, name]));
  const streamed = new Set(edges.filter(({ label }) => label === 'stream').map(({ from }) => from));
  return edges.flatMap(({ from, to, label }) => {
    const [name, sweep] = [nameOf.get(from), nameOf.get(to)];
    const isSwept = streamed.has(from) && label.startsWith('swept');
    if (!isSwept || name === undefined || sweep === undefined) return [];
    const later = laterOf(resources, `${prefix}${sweep}`)?.replace(`table:${prefix}`, '');
    return [{ name, sweep, ...(later !== undefined && { later }) }];
  });
}

/** The table of scheduled messages, from the environment of the sweep. */
function laterOf(resources: readonly Resource[], sweep: string): string | undefined {
  const { properties } = resources.find(({ type, name }) => type === 'AWS::Lambda::Function' && name === sweep) ?? {};
  const { Variables } = (properties?.Environment ?? {}) as { Variables?: { LATER_TABLE?: string } };
  return Variables?.LATER_TABLE;
}
