import { Paper, SimpleGrid, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { Percentiles } from '../../../api.ts';
import { duration } from '../components/times.ts';
import { rate } from '../flow/figures.ts';
import type { Points } from './series.ts';
import { useCreatedLabel } from './use-created-label.ts';

/** Shows the latest figures. In an AWS account, rates and lags are those of the last minute that CloudWatch has. */
export function Now({ points, embedded }: { points: Points; embedded: boolean }) {
  const { t } = useTranslation();
  const created = useCreatedLabel();
  const [traffic, waiting] = [points.traffic.at(-1), points.waiting.at(-1)];
  if (!traffic && !waiting) return null;
  const perSecond = (of: number | undefined) => (of === undefined ? '–' : `${rate(of)}/s`);
  const lag = (of: Percentiles | undefined) => (of ? `${duration(of.p50)} / ${duration(of.p99)}` : '–');
  return (
    <section aria-label={t(embedded ? 'load.now' : 'load.lastMinute')}>
      <SimpleGrid cols={{ base: 2, xs: 3, lg: 6 }} spacing="xs">
        <Figure name={created} value={perSecond(traffic?.createdPerSecond)} />
        <Figure name={t('load.applied')} value={perSecond(traffic?.appliedPerSecond)} />
        {embedded && <Figure name={t('load.errors')} value={perSecond(traffic?.errorsPerSecond)} />}
        <Figure name={t('load.backlogTitle')} value={String(waiting?.backlog ?? '–')} />
        <Figure name={`${t('load.publication')}, p50 / p99`} value={lag(traffic?.publicationLagMs)} />
        <Figure name={`${t('load.application')}, p50 / p99`} value={lag(traffic?.applicationLagMs)} />
      </SimpleGrid>
    </section>
  );
}

const Figure = ({ name, value }: { name: string; value: string }) => (
  <Paper withBorder p="xs">
    <Text size="xs" c="dimmed">
      {name}
    </Text>
    <Text fw={650} style={{ fontVariantNumeric: 'tabular-nums' }}>
      {value}
    </Text>
  </Paper>
);
