import type { NodeKind, Topology, TopologyEdge, TopologyNode } from './topology.ts';

/** Functions that highlight parts of a drawing, for example with colours. */
export interface Highlighting {
  label: (text: string) => string;
  name: (text: string, kind: NodeKind) => string;
}

/**
 * Draws the flow as an indented tree. If several paths lead to a node, only one of them continues after the node, and
 * the others end with ↑.
 */
export function drawText({ nodes, edges }: Topology, { label, name }: Highlighting): string {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const from = Map.groupBy(edges, (edge) => edge.from);
  const { roots, firstEdges } = spanningTree(nodes, from);
  const lines: string[] = [];
  const draw = ({ id, kind, name: text }: TopologyNode, indent: string, before: string, isRepeated: boolean) => {
    lines.push(`${before}${name(text, kind)}${isRepeated ? ' ↑' : ''}`);
    const next = isRepeated ? [] : (from.get(id) ?? []);
    for (const [index, edge] of next.entries()) {
      const to = byId.get(edge.to);
      const isLast = index === next.length - 1;
      const line = `${indent}${isLast ? '└' : '├'} ${label(edge.label)} → `;
      if (to) draw(to, `${indent}${isLast ? ' ' : '│'} `, line, firstEdges.get(to.id) !== edge);
    }
  };
  for (const root of roots) draw(root, '', '', false);
  return lines.join('\n');
}

/** Searches breadth first. @returns the roots, and for each node the edge that first reaches it */
function spanningTree(nodes: readonly TopologyNode[], from: ReadonlyMap<string, TopologyEdge[]>) {
  const firstEdges = new Map<string, TopologyEdge | undefined>();
  const roots: TopologyNode[] = [];
  for (const node of nodes) {
    if (firstEdges.has(node.id)) continue;
    firstEdges.set(node.id, undefined);
    roots.push(node);
    const reached = [node.id];
    for (const id of reached) {
      for (const edge of from.get(id) ?? []) {
        if (firstEdges.has(edge.to)) continue;
        firstEdges.set(edge.to, edge);
        reached.push(edge.to);
      }
    }
  }
  return { roots, firstEdges };
}

const SHAPES: Record<NodeKind, [before: string, after: string]> = {
  client: ['([', '])'],
  api: ['[', ']'],
  functions: ['[[', ']]'],
  function: ['[', ']'],
  table: ['[(', ')]'],
  topic: ['{{', '}}'],
  queue: ['[/', '/]'],
  'dead letters': ['[\\', '\\]'],
  provider: ['([', '])'],
};

/** A Mermaid flowchart (https://mermaid.js.org/syntax/flowchart.html). */
export function drawMermaid({ nodes, edges }: Topology): string {
  const short = new Map(nodes.map(({ id }, index) => [id, `n${index}`]));
  const boxes = nodes.map(({ id, kind, name }) => {
    const [before, after] = SHAPES[kind];
    return `  ${short.get(id)}${before}"${name}"${after}`;
  });
  const arrows = edges.map(({ from, to, label }) => `  ${short.get(from)} -- "${label}" --> ${short.get(to)}`);
  return ['flowchart LR', ...boxes, ...arrows].join('\n');
}
