import { Anchor, Badge, Code, Drawer, Group, List, Stack, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import type { Topology, TopologyEdge, TopologyNode } from '../../../../stage/topology.ts';
import { useAbout } from '../api/queries.ts';
import { useEdgeActivity, useNodeActivity } from '../live/use-live.ts';
import { useEdgeLabel } from './edge-label.ts';
import { type Figure, figuresOf } from './figures.ts';
import { Part } from './part.tsx';
import { RateHistory } from './rate-history.tsx';
import { RecentPassings } from './recent-passings.tsx';
import { subscriberOf } from './subscriber-of.ts';

interface DetailsProps {
  topology: Topology;
  /** ID of a node or an edge. */
  shown: string | null;
  open: (id: string) => void;
  close: () => void;
}

/** Shows the details of one node or edge. */
export function Details({ topology, shown, open, close }: DetailsProps) {
  const { t } = useTranslation();
  const edgeLabel = useEdgeLabel();
  const node = topology.nodes.find(({ id }) => id === shown);
  const edge = topology.edges.find(({ id }) => id === shown);
  return (
    <Drawer
      opened={node !== undefined || edge !== undefined}
      onClose={close}
      position="right"
      size="md"
      title={node?.name ?? (edge && edgeLabel(edge.label))}
      closeButtonProps={{ 'aria-label': t('close') }}
    >
      {node && <NodeDetails topology={topology} node={node} open={open} />}
      {edge && <EdgeDetails topology={topology} edge={edge} open={open} />}
    </Drawer>
  );
}

function NodeDetails({ topology, node, open }: { topology: Topology; node: TopologyNode; open: (id: string) => void }) {
  const { t } = useTranslation();
  const incoming = topology.edges.filter(({ to }) => to === node.id);
  const outgoing = topology.edges.filter(({ from }) => from === node.id);
  return (
    <Stack>
      <Group gap="xs">
        <Badge variant="light" tt="none">
          {t(`flow.kind.${node.kind}`)}
        </Badge>
        <Badge variant="default" tt="none">
          {t('flow.service')}: {node.service}
        </Badge>
      </Group>
      <Text>{t(`flow.description.${node.kind}`)}</Text>
      <Part title={t('flow.activity')}>
        <Figures figures={figuresOf(useNodeActivity(node.id), t, node.kind)} />
        <RateHistory node={node.id} />
      </Part>
      <NodeLinks node={node} />
      {node.resources.length > 0 && (
        <Part title={t('flow.resources')}>
          <Stack gap={4}>
            {node.resources.map((resource) => (
              <Code key={resource} style={{ overflowWrap: 'anywhere' }}>
                {resource}
              </Code>
            ))}
          </Stack>
        </Part>
      )}
      <Neighbours title={t('flow.incoming')} edges={incoming} end="from" topology={topology} open={open} />
      <Neighbours title={t('flow.outgoing')} edges={outgoing} end="to" topology={topology} open={open} />
      <RecentPassings edges={[...incoming, ...outgoing].map(({ id }) => id)} />
    </Stack>
  );
}

function EdgeDetails({ topology, edge, open }: { topology: Topology; edge: TopologyEdge; open: (id: string) => void }) {
  const { t } = useTranslation();
  return (
    <Stack>
      <Badge variant="light" tt="none">
        {t('flow.edge')}
      </Badge>
      <Part title={t('flow.activity')}>
        <Figures figures={figuresOf(useEdgeActivity(edge.id), t)} />
        <RateHistory edge={edge.id} />
      </Part>
      <Neighbours title={t('flow.incoming')} edges={[edge]} end="from" topology={topology} open={open} />
      <Neighbours title={t('flow.outgoing')} edges={[edge]} end="to" topology={topology} open={open} />
      <RecentPassings edges={[edge.id]} />
    </Stack>
  );
}

const colors = { plain: 'blue', busy: 'grape', bad: 'red' };

function Figures({ figures }: { figures: readonly Figure[] }) {
  const { t } = useTranslation();
  if (figures.length === 0) return <Text c="dimmed">{t('flow.quiet')}</Text>;
  return (
    <Group gap="xs">
      {figures.map(({ text, tone }) => (
        <Badge key={text} color={colors[tone]} variant="light" tt="none">
          {text}
        </Badge>
      ))}
    </Group>
  );
}

function NodeLinks({ node }: { node: TopologyNode }) {
  const { t } = useTranslation();
  const { data: about } = useAbout();
  const subscriber = subscriberOf(node, about?.subscribers ?? []);
  const isProvider = node.kind === 'provider';
  if (!subscriber && !isProvider) return null;
  return (
    <Part title={t('flow.links')}>
      <Stack gap={4} align="start">
        {subscriber && (
          <Anchor component={Link} to={`/parked?subscriber=${encodeURIComponent(subscriber)}`}>
            {t('flow.toParked', { subscriber })}
          </Anchor>
        )}
        <Anchor component={Link} to="/switches">
          {t('flow.toSwitches')}
        </Anchor>
        {about?.embedded && (
          <Anchor component={Link} to="/faults">
            {t('flow.toFaults')}
          </Anchor>
        )}
      </Stack>
    </Part>
  );
}

interface NeighboursProps {
  title: string;
  edges: readonly TopologyEdge[];
  end: 'from' | 'to';
  topology: Topology;
  open: (id: string) => void;
}

function Neighbours({ title, edges, end, topology, open }: NeighboursProps) {
  const edgeLabel = useEdgeLabel();
  if (edges.length === 0) return null;
  const nameOf = (id: string) => topology.nodes.find((node) => node.id === id)?.name ?? id;
  return (
    <Part title={title}>
      <List spacing={4}>
        {edges.map((edge) => (
          <List.Item key={edge.id}>
            <Anchor component="button" onClick={() => open(edge[end])}>
              {nameOf(edge[end])}
            </Anchor>{' '}
            <Anchor component="button" c="dimmed" size="sm" underline="always" onClick={() => open(edge.id)}>
              {edgeLabel(edge.label)}
            </Anchor>
          </List.Item>
        ))}
      </List>
    </Part>
  );
}
