import { Handle, type Node, type NodeProps, Position } from '@xyflow/react';
import { memo } from 'react';
import { useTranslation } from 'react-i18next';
import type { TopologyNode } from '../../../../stage/topology.ts';
import { useNodeActivity } from '../live/use-live.ts';
import { figuresOf } from './figures.ts';
import classes from './flow.module.css';

export type StageNode = Node<{ about: TopologyNode; vertical: boolean; open: (id: string) => void }, 'stage'>;

/** A node of the graph (queue, function, …) with its current figures. */
export const StageNodeView = memo(function StageNodeView({ data }: NodeProps<StageNode>) {
  const { about, vertical, open } = data;
  return (
    <>
      <Handle type="target" position={vertical ? Position.Top : Position.Left} className={classes.handle} />
      <NodeButton about={about} open={open} />
      <Handle type="source" position={vertical ? Position.Bottom : Position.Right} className={classes.handle} />
    </>
  );
});

function NodeButton({ about, open }: { about: TopologyNode; open: (id: string) => void }) {
  const { t } = useTranslation();
  const activity = useNodeActivity(about.id);
  const figures = figuresOf(activity, t, about.kind);
  const tone = figures.some(({ tone }) => tone === 'bad') ? 'bad' : figures.length > 0 ? 'busy' : 'plain';
  return (
    <button
      type="button"
      className={`nopan nodrag ${classes.node}`}
      data-kind={about.kind}
      data-tone={tone}
      onClick={() => open(about.id)}
    >
      <span className={classes.kind}>{t(`flow.kind.${about.kind}`)}</span>
      <span className={classes.name} title={about.name}>
        {about.name}
      </span>
      <span className={classes.figures}>
        {figures.slice(0, 2).map(({ text, tone }) => (
          <span key={text} data-tone={tone}>
            {text}
          </span>
        ))}
      </span>
    </button>
  );
}
