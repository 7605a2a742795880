import type { Span } from '@rollcall/local/internal/observability/otlp';
import type { Topology } from '../stage/topology.ts';

/** Maps spans to nodes and edges of a topology. */
export function createSpanMapper(topology: Topology) {
  const nodes = new Map(topology.nodes.flatMap(({ id, resources }) => resources.map((name) => [name, id] as const)));
  const nodeOf = (resource: string) => nodes.get(resource);
  const edges = new Set(topology.edges.map(({ id }) => id));
  const edgeInto = (node: string, label: string) =>
    topology.edges.find((edge) => edge.to === node && edge.label === label);
  const edgeToOutbox = (node: string) =>
    topology.edges.find(({ from, label }) => from === node && label === 'writes' && from.startsWith('functions:'));
  const client = topology.edges.find(({ from }) => from.startsWith('client:'));

  function edge(from: string | undefined, to: string | undefined): string | undefined {
    const id = `${from}→${to}`;
    return edges.has(id) ? id : undefined;
  }

  function requestOf(span: Span, fn: string | undefined): Array<string | undefined> {
    // An operator's request to a sweep has no route, and is not shown.
    if (span.attributes['http.route'] === undefined) return [];
    const isChange = isSuccessful(span) && !/^(GET|HEAD|OPTIONS)/.test(span.name) && !isRead(span);
    return [client?.id, edge(client?.to, fn), isChange && fn ? edgeToOutbox(fn)?.id : undefined];
  }

  function possibleEdges(span: Span): Array<string | undefined> {
    const fn = nodeOf(span.function);
    switch (span.kind) {
      case 'server':
        return requestOf(span, fn);
      case 'producer': {
        const destination = nodeOf(String(span.attributes['messaging.destination.name']));
        return [fn && edgeInto(fn, 'stream')?.id, edge(fn, destination)];
      }
      case 'consumer': {
        const consumption =
          fn && span.attributes['rollcall.receives'] !== undefined ? edgeInto(fn, 'consumes') : undefined;
        return [consumption && edgeInto(consumption.from, 'delivers')?.id, consumption?.id];
      }
      case 'client':
        return [topology.edges.find(({ from, label }) => from === fn && label === 'calls')?.id];
      default:
        return [];
    }
  }

  return {
    /** The id of the node that represents a resource, by physical name of the resource. */
    nodeOf,
    /** The edges that a span passes, in order. If the span failed, the failure belongs to the last edge. */
    edgesOf: (span: Span): string[] => possibleEdges(span).filter((id) => id !== undefined),
  };
}

const isSuccessful = ({ attributes }: Span): boolean => Number(attributes['http.response.status_code'] ?? 0) < 400;

/** RPC uses POST for reads, too. */
const isRead = ({ name }: Span): boolean => /\/(Get|Watch)\w+$/.test(name);
