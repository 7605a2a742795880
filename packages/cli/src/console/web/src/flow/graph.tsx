import '@xyflow/react/dist/style.css';
import { useComputedColorScheme, useMantineTheme } from '@mantine/core';
import { useMediaQuery, useReducedMotion } from '@mantine/hooks';
import { Controls, MarkerType, ReactFlow, ReactFlowProvider, useReactFlow, useStore } from '@xyflow/react';
import { useEffect, useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import type { Topology } from '../../../../stage/topology.ts';
import { Dots } from './dots.tsx';
import { type StageEdge, StageEdgeView } from './edge.tsx';
import classes from './flow.module.css';
import { type Layout, layoutOf } from './layout.ts';
import { type StageNode, StageNodeView } from './node.tsx';

const nodeTypes = { stage: StageNodeView };
const edgeTypes = { stage: StageEdgeView };
const markerEnd = { type: MarkerType.ArrowClosed, width: 14, height: 14 };
/** Minimum zoom at which names are readable. A larger graph extends beyond the screen and can be panned. */
const MIN_READABLE_ZOOM = 0.72;

function elementsOf({ nodes, edges }: Topology, layout: Layout, open: (id: string) => void) {
  const stageNodes: StageNode[] = nodes.map((about) => ({
    id: about.id,
    type: 'stage',
    position: layout.nodes.get(about.id) ?? { x: 0, y: 0 },
    data: { about, vertical: layout.vertical, open },
  }));
  const deadLetters = new Set(nodes.filter(({ kind }) => kind === 'dead letters').map(({ id }) => id));
  const stageEdges: StageEdge[] = edges.flatMap((about) => {
    const { id, from: source, to: target } = about;
    const edge = layout.edges.get(id);
    if (!edge) return [];
    return [
      {
        id,
        type: 'stage',
        source,
        target,
        markerEnd,
        data: { about, layout: edge, toDeadLetters: deadLetters.has(target) },
      },
    ];
  });
  return { nodes: stageNodes, edges: stageEdges };
}

/** The graph of the topology with its current activity. */
export function Graph({ topology, open }: { topology: Topology; open: (id: string) => void }) {
  const { t } = useTranslation();
  const { breakpoints } = useMantineTheme();
  const vertical = useMediaQuery(`(max-width: ${breakpoints.sm})`);
  const layout = useMemo(() => layoutOf(topology, vertical), [topology, vertical]);
  const elements = useMemo(() => elementsOf(topology, layout, open), [topology, layout, open]);
  const reducedMotion = useReducedMotion();
  const scheme = useComputedColorScheme();
  return (
    <section className={classes.graph} aria-label={t('flow.topology')}>
      <ReactFlowProvider>
        <ReactFlow<StageNode, StageEdge>
          {...elements}
          nodeTypes={nodeTypes}
          edgeTypes={edgeTypes}
          colorMode={scheme}
          minZoom={0.2}
          maxZoom={2}
          nodesDraggable={false}
          nodesConnectable={false}
          nodesFocusable={false}
          edgesFocusable={false}
          elementsSelectable={false}
          zoomOnScroll={false}
          preventScrolling={false}
          zoomOnDoubleClick={false}
          onEdgeClick={(_, edge) => open(edge.id)}
          ariaLabelConfig={{
            'controls.ariaLabel': t('flow.controls'),
            'controls.zoomIn.ariaLabel': t('flow.zoomIn'),
            'controls.zoomOut.ariaLabel': t('flow.zoomOut'),
            'controls.fitView.ariaLabel': t('flow.fit'),
          }}
        >
          <Controls showInteractive={false} />
          <FitView layout={layout} />
          {!reducedMotion && <Dots layout={layout} />}
        </ReactFlow>
      </ReactFlowProvider>
    </section>
  );
}

/**
 * Fits the whole graph into the view if the graph stays readable. Otherwise, shows the start of the graph. Runs again
 * after each resize and each change of the layout.
 */
function FitView({ layout }: { layout: Layout }) {
  const width = useStore((state) => state.width);
  const height = useStore((state) => state.height);
  const { fitView, getZoom, setViewport, getNodesBounds, getNodes } = useReactFlow();
  useEffect(() => {
    void fitView({ padding: 0.02, maxZoom: 1 }).then(() => {
      if (getZoom() >= MIN_READABLE_ZOOM || width === 0) return;
      const bounds = getNodesBounds(getNodes());
      const zoom = MIN_READABLE_ZOOM;
      const begin = layout.vertical
        ? { x: width / 2 - (bounds.x + bounds.width / 2) * zoom, y: 12 }
        : { x: 12, y: height / 2 - (bounds.y + bounds.height / 2) * zoom };
      return setViewport({ ...begin, zoom });
    });
  }, [width, height, layout]);
  return null;
}
