import { Anchor, Table, Text } from '@mantine/core';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import type { Topology, TopologyNode } from '../../../../stage/topology.ts';
import { Dotted } from '../components/dotted.tsx';
import { useNodeActivity } from '../live/use-live.ts';
import { figuresOf } from './figures.ts';
import classes from './flow.module.css';
import { layoutOf } from './layout.ts';

/** The topology as a list, for small screens and screen readers. */
export function NodeList({ topology, open }: { topology: Topology; open: (id: string) => void }) {
  const { t } = useTranslation();
  const nodes = useMemo(() => inFlowOrder(topology), [topology]);
  return (
    <Table aria-label={t('flow.topology')} verticalSpacing={6} highlightOnHover>
      <Table.Thead>
        <Table.Tr>
          <Table.Th>{t('flow.column.name')}</Table.Th>
          <Table.Th ta="right">{t('flow.column.now')}</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {nodes.map((node) => (
          <NodeRow key={node.id} node={node} open={open} />
        ))}
      </Table.Tbody>
    </Table>
  );
}

/** Sorts nodes by their position in the graph, from left to right and from top to bottom. */
function inFlowOrder(topology: Topology): TopologyNode[] {
  const { nodes } = layoutOf(topology, false);
  const at = ({ id }: TopologyNode) => nodes.get(id) ?? { x: 0, y: 0 };
  return topology.nodes.toSorted((a, b) => at(a).x - at(b).x || at(a).y - at(b).y);
}

function NodeRow({ node, open }: { node: TopologyNode; open: (id: string) => void }) {
  const { t } = useTranslation();
  const figures = figuresOf(useNodeActivity(node.id), t, node.kind);
  return (
    <Table.Tr>
      <Table.Td>
        <Anchor component="button" ta="left" onClick={() => open(node.id)}>
          {node.name}
        </Anchor>
        <Text size="xs" c="dimmed">
          {t(`flow.kind.${node.kind}`)}
        </Text>
      </Table.Td>
      <Table.Td ta="right" className={classes.listed}>
        <Dotted>
          {figures.map(({ text, tone }) => (
            <span key={text} data-tone={tone}>
              {text}
            </span>
          ))}
        </Dotted>
      </Table.Td>
    </Table.Tr>
  );
}
