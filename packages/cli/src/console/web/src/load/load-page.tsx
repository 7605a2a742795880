import '@mantine/charts/styles.css';
import { AreaChart, LineChart } from '@mantine/charts';
import { Paper, SimpleGrid, Stack, Title } from '@mantine/core';
import { useReducedMotion } from '@mantine/hooks';
import { type ReactNode, useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import type { LoadPoint } from '../../../api.ts';
import { useAbout, usePastLoad } from '../api/queries.ts';
import { Empty } from '../components/empty.tsx';
import { PageTitle } from '../components/page-title.tsx';
import { Problem } from '../components/problem.tsx';
import { duration, exact, relative } from '../components/times.ts';
import { useLive } from '../live/use-live.ts';
import { Failures } from './failures.tsx';
import { Now } from './now.tsx';
import { type Points, pointsOf, rowsOf, ticksOf } from './series.ts';
import { useCreatedLabel } from './use-created-label.ts';

const NO_POINTS: readonly LoadPoint[] = [];

export default function LoadPage() {
  const { t } = useTranslation();
  const { data: about } = useAbout();
  const { data: past, error, refetch } = usePastLoad();
  const since = useLive(({ load }) => load);
  const embedded = about?.embedded === true;
  const points = useMemo(() => pointsOf(embedded, past ?? NO_POINTS, since), [embedded, past, since]);
  const isEmpty = points.traffic.length + points.waiting.length === 0;
  return (
    <Stack>
      <PageTitle lead={t('load.lead')}>{t('load.title')}</PageTitle>
      <Problem error={error} retry={() => void refetch()} />
      <Now points={points} embedded={embedded} />
      <Failures />
      {isEmpty ? <Empty>{t('load.empty')}</Empty> : <Charts points={points} embedded={embedded} />}
    </Stack>
  );
}

/** Disables the entrance animation, because a chart is updated every second. */
const noAnimation = { isAnimationActive: false };

/**
 * At times without messages, the lag has no value. A value between two such times is a dot, because a line needs two.
 */
const withIsolatedDots = { withDots: true, dotProps: { r: 2, strokeWidth: 0 } };

function Charts({ points, embedded }: { points: Points; embedded: boolean }) {
  const { t } = useTranslation();
  const traffic = useSharedProps(points.traffic);
  const waiting = useSharedProps(points.waiting);
  const created = useCreatedLabel();
  const lags = (which: 'publication' | 'application') => [
    { name: `${which}P50`, label: `p50 (${t('load.p50')})`, color: 'blue.6' },
    { name: `${which}P99`, label: `p99 (${t('load.p99')})`, color: 'orange.6' },
  ];
  return (
    <SimpleGrid cols={{ base: 1, md: 2 }}>
      <Chart title={t('load.throughput')}>
        <LineChart
          {...traffic}
          lineProps={noAnimation}
          series={[
            { name: 'created', label: created, color: 'blue.6' },
            { name: 'applied', label: t('load.applied'), color: 'teal.6' },
            ...(embedded ? [{ name: 'errors', label: t('load.errors'), color: 'red.6' }] : []),
          ]}
        />
      </Chart>
      <Chart title={t('load.backlogTitle')}>
        <AreaChart
          {...waiting}
          areaProps={noAnimation}
          series={[
            { name: 'backlog', label: t('load.backlog'), color: 'grape.6' },
            { name: 'parked', label: t('load.parked'), color: 'red.6' },
          ]}
        />
      </Chart>
      <Chart title={t('load.publication')}>
        <LineChart
          {...traffic}
          {...withIsolatedDots}
          lineProps={noAnimation}
          series={lags('publication')}
          valueFormatter={duration}
        />
      </Chart>
      <Chart title={t('load.application')}>
        <LineChart
          {...traffic}
          {...withIsolatedDots}
          lineProps={noAnimation}
          series={lags('application')}
          valueFormatter={duration}
        />
      </Chart>
    </SimpleGrid>
  );
}

/** Properties of a chart of these points. */
function useSharedProps(points: readonly LoadPoint[]) {
  const { language } = useTranslation().i18n;
  const reduced = useReducedMotion();
  return useMemo(() => {
    const rows = rowsOf(points);
    const ticks = ticksOf(rows);
    const last = ticks.at(-1) ?? 0;
    return {
      h: 220,
      data: rows,
      dataKey: 'at',
      withLegend: true,
      withDots: false,
      curveType: 'linear' as const,
      connectNulls: false,
      tooltipAnimationDuration: reduced ? 0 : 100,
      xAxisProps: {
        type: 'number' as const,
        domain: ['dataMin', 'dataMax'],
        ticks,
        tickFormatter: (at: number) => relative(at, last, language),
      },
      yAxisProps: { width: 72 },
      tooltipProps: { labelFormatter: (at: ReactNode) => (typeof at === 'number' ? exact(at, language) : '') },
    };
  }, [language, reduced, points]);
}

const Chart = ({ title, children }: { title: string; children: ReactNode }) => (
  <Paper withBorder p="sm" component="section" aria-label={title}>
    <Title order={2} size="h5" mb="xs">
      {title}
    </Title>
    {children}
  </Paper>
);
