import { Anchor, Table, Text } from '@mantine/core';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import type { Topology, TopologyNode } from '../../../../stage/topology.ts';
import { useNodeActivity } from '../live/use-live.ts';
import { rate } from './figures.ts';
import { placed } from './layout.ts';

/** The topology as a list: for small screens, and for whoever reads rather than looks. */
export function NodeList({ topology, open }: { topology: Topology; open: (id: string) => void }) {
  const { t } = useTranslation();
  const nodes = useMemo(() => inFlowOrder(topology), [topology]);
  return (
    <Table.ScrollContainer minWidth={340} scrollAreaProps={{ viewportProps: { tabIndex: 0 } }}>
      <Table aria-label={t('flow.topology')} verticalSpacing={6} highlightOnHover>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t('flow.column.name')}</Table.Th>
            <Table.Th ta="right">{t('flow.column.rate')}</Table.Th>
            <Table.Th ta="right">{t('flow.column.errors')}</Table.Th>
            <Table.Th ta="right">{t('flow.column.backlog')}</Table.Th>
            <Table.Th ta="right">{t('flow.column.parked')}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {nodes.map((node) => (
            <NodeRow key={node.id} node={node} open={open} />
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

/** As the graph has them: from left to right, and from top to bottom. */
function inFlowOrder(topology: Topology): TopologyNode[] {
  const { nodes } = placed(topology, false);
  const at = ({ id }: TopologyNode) => nodes.get(id) ?? { x: 0, y: 0 };
  return topology.nodes.toSorted((a, b) => at(a).x - at(b).x || at(a).y - at(b).y);
}

function NodeRow({ node, open }: { node: TopologyNode; open: (id: string) => void }) {
  const { t } = useTranslation();
  const { perSecond, errorsPerSecond, backlog, parked, stopped } = useNodeActivity(node.id);
  return (
    <Table.Tr>
      <Table.Td>
        <Anchor component="button" ta="left" onClick={() => open(node.id)} style={{ overflowWrap: 'anywhere' }}>
          {node.name}
        </Anchor>
        <Text size="xs" c="dimmed">
          {t(`flow.kind.${node.kind}`)}
          {stopped && `, ${t('flow.stopped')}`}
        </Text>
      </Table.Td>
      <Table.Td ta="right">{perSecond ? rate(perSecond) : ''}</Table.Td>
      <Table.Td ta="right">{errorsPerSecond ? rate(errorsPerSecond) : ''}</Table.Td>
      <Table.Td ta="right">{backlog || ''}</Table.Td>
      <Table.Td ta="right">{parked || ''}</Table.Td>
    </Table.Tr>
  );
}
