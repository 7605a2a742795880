import { Graph, layout } from '@dagrejs/dagre';
import type { Topology, TopologyNode } from '../../../../stage/topology.ts';

export interface Point {
  x: number;
  y: number;
}

export interface EdgeLayout {
  /** An SVG path. */
  path: string;
  middle: Point;
}

export interface Layout {
  vertical: boolean;
  nodes: ReadonlyMap<string, Point>;
  edges: ReadonlyMap<string, EdgeLayout>;
}

/** A node is wide enough for the name `registration-replies-dlq` on three lines. */
export const NODE_SIZE = { width: 126, height: 80 };

/** Computes the positions of nodes and edges. Messages flow to the right or, if `vertical` is true, downwards. */
export function layoutOf(topology: Topology, vertical: boolean): Layout {
  const graph = new Graph({ multigraph: true });
  graph.setGraph({
    rankdir: vertical ? 'TB' : 'LR',
    ranksep: vertical ? 46 : 34,
    nodesep: 12,
    edgesep: 10,
    marginx: 8,
    marginy: 8,
  });
  for (const { id } of topology.nodes) graph.setNode(id, { ...NODE_SIZE });
  for (const { id, from, to } of topology.edges) graph.setEdge(from, to, {}, id);
  layout(graph);
  const corner = ({ x, y }: Point) => ({ x: x - NODE_SIZE.width / 2, y: y - NODE_SIZE.height / 2 });
  return {
    vertical,
    nodes: new Map(topology.nodes.map(({ id }) => [id, corner(graph.node(id) as Point)])),
    edges: new Map(
      topology.edges.map(({ id, from, to }) => {
        const points = (graph.edge(from, to, id) as unknown as { points: Point[] }).points;
        return [id, { path: curve(points), middle: points[Math.floor(points.length / 2)] ?? { x: 0, y: 0 } }];
      }),
    ),
  };
}

const middleOf = (a: Point, b: Point): Point => ({ x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 });

/** A curve from the first to the last point, with the points between them as control points. */
export function curve(points: readonly Point[]): string {
  const [first, ...others] = points;
  if (!first) return '';
  const steps = others.slice(0, -1).map((point, n) => {
    const next = others[n + 1] ?? point;
    const end = n === others.length - 2 ? next : middleOf(point, next);
    return `Q ${point.x} ${point.y} ${end.x} ${end.y}`;
  });
  const last = others.at(-1);
  if (steps.length === 0 && last) return `M ${first.x} ${first.y} L ${last.x} ${last.y}`;
  return `M ${first.x} ${first.y} ${steps.join(' ')}`;
}

/**
 * Removes dead-letter queues, which matter only after days of failures, and the nodes that only these queues lead to.
 */
export function withoutDeadLetters({ nodes, edges }: Topology): Topology {
  const removed = new Set(nodes.filter(({ kind }) => kind === 'dead letters').map(({ id }) => id));
  const isReachedOnlyFromRemoved = ({ id }: TopologyNode) => {
    const incoming = edges.filter(({ to }) => to === id);
    return incoming.length > 0 && incoming.every(({ from }) => removed.has(from));
  };
  for (const node of nodes) if (isReachedOnlyFromRemoved(node)) removed.add(node.id);
  return {
    nodes: nodes.filter(({ id }) => !removed.has(id)),
    edges: edges.filter(({ from, to }) => !removed.has(from) && !removed.has(to)),
  };
}
