import { Group, SegmentedControl, Skeleton, Stack, Switch, Text, useMantineTheme } from '@mantine/core';
import { useLocalStorage, useMediaQuery } from '@mantine/hooks';
import { useCallback, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useSearchParams } from 'react-router';
import { useTopology } from '../api/queries.ts';
import { PageTitle } from '../components/page-title.tsx';
import { Problem } from '../components/problem.tsx';
import { Create } from './create.tsx';
import { Details } from './details.tsx';
import { Graph } from './graph.tsx';
import { Introduction } from './introduction.tsx';
import { withoutDeadLetters } from './layout.ts';
import { NodeList } from './list.tsx';

export default function FlowPage() {
  const { t } = useTranslation();
  const { data: topology, error, refetch } = useTopology();
  const [deadLetters, setDeadLetters] = useState(false);
  const [view, setView] = useView();
  const [params, setParams] = useSearchParams();
  const shown = params.get('show');
  const open = useCallback((id: string) => setParams({ show: id }), [setParams]);
  const drawn = useMemo(
    () => topology && (deadLetters ? topology : withoutDeadLetters(topology)),
    [topology, deadLetters],
  );

  return (
    <Stack gap="sm">
      <PageTitle lead={t('flow.lead')}>{t('flow.title')}</PageTitle>
      <Introduction />
      <Create />
      <Problem error={error} retry={() => void refetch()} />
      <Group justify="space-between" gap="xs">
        <Text size="sm" c="dimmed">
          {t('flow.hint')}
        </Text>
        <Group gap="sm">
          <Switch
            size="sm"
            label={t('flow.deadLetters')}
            checked={deadLetters}
            onChange={(event) => setDeadLetters(event.currentTarget.checked)}
          />
          <SegmentedControl
            size="xs"
            aria-label={t('flow.view')}
            value={view}
            onChange={setView}
            data={[
              { value: 'graph', label: t('flow.graph') },
              { value: 'list', label: t('flow.list') },
            ]}
          />
        </Group>
      </Group>
      {!drawn && !error && <Skeleton h={420} />}
      {drawn && view === 'graph' && <Graph topology={drawn} open={open} />}
      {drawn && view === 'list' && <NodeList topology={drawn} open={open} />}
      {topology && <Details topology={topology} shown={shown} open={open} close={() => setParams({})} />}
    </Stack>
  );
}

/** The view that the user chose. The default is a graph on wide screens and a list on narrow ones. */
function useView() {
  const { breakpoints } = useMantineTheme();
  const narrow = useMediaQuery(`(max-width: ${breakpoints.sm})`, undefined, { getInitialValueInEffect: false });
  const [chosen, choose] = useLocalStorage<string>({
    key: 'rollcall-console-flow',
    defaultValue: '',
    getInitialValueInEffect: false,
  });
  return [chosen || (narrow ? 'list' : 'graph'), choose] as const;
}
