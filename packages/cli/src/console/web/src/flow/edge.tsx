import { BaseEdge, type Edge, type EdgeProps } from '@xyflow/react';
import { memo } from 'react';
import type { TopologyEdge } from '../../../../stage/topology.ts';
import { useEdgeActivity } from '../live/use-live.ts';
import { useEdgeLabel } from './edge-label.ts';
import { rate } from './figures.ts';
import classes from './flow.module.css';
import type { EdgeLayout } from './layout.ts';

export type StageEdge = Edge<{ about: TopologyEdge; layout: EdgeLayout; toDeadLetters: boolean }, 'stage'>;

/** The line width for a rate. It reaches four pixels at about 200 messages a second. */
const widthAt = (perSecond: number) => 1.25 + Math.min(2.75, Math.log2(1 + perSecond) * 0.36);

/** An edge of the graph, with its message rate. */
export const StageEdgeView = memo(function StageEdgeView({ data, markerEnd }: EdgeProps<StageEdge>) {
  const edgeLabel = useEdgeLabel();
  const { perSecond = 0, errorsPerSecond = 0 } = useEdgeActivity(data?.about.id ?? '');
  if (!data) return null;
  const { path, middle } = data.layout;
  const tone = errorsPerSecond > 0 ? 'bad' : perSecond > 0 ? 'busy' : 'plain';
  return (
    <g className={classes.edge} data-tone={tone} data-dead={data.toDeadLetters || undefined}>
      <title>{edgeLabel(data.about.label)}</title>
      <BaseEdge path={path} {...(markerEnd && { markerEnd })} style={{ strokeWidth: widthAt(perSecond) }} />
      {perSecond > 0 && (
        <text x={middle.x} y={middle.y - 7} textAnchor="middle" className={classes.rate}>
          {rate(perSecond)}
        </text>
      )}
    </g>
  );
});
