import { Paper, SimpleGrid, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { Percentiles } from '../../../api.ts';
import { duration } from '../components/times.ts';
import { rate } from '../flow/figures.ts';
import { useLive } from '../live/use-live.ts';
import { useCreatedLabel } from './use-created-label.ts';

/** Shows the figures of the last second. */
export function Now() {
  const { t } = useTranslation();
  const created = useCreatedLabel();
  const load = useLive(({ snapshot }) => snapshot?.load);
  if (!load) return null;
  const lag = (of: Percentiles | undefined) => (of ? `${duration(of.p50)} / ${duration(of.p99)}` : '–');
  return (
    <section aria-label={t('load.now')}>
      <SimpleGrid cols={{ base: 2, xs: 3, lg: 6 }} spacing="xs">
        <Figure name={created} value={`${rate(load.createdPerSecond)}/s`} />
        <Figure name={t('load.applied')} value={`${rate(load.appliedPerSecond)}/s`} />
        <Figure name={t('load.errors')} value={`${rate(load.errorsPerSecond)}/s`} />
        <Figure name={t('load.backlogTitle')} value={String(load.backlog)} />
        <Figure name={`${t('load.publication')}, p50 / p99`} value={lag(load.publicationLagMs)} />
        <Figure name={`${t('load.application')}, p50 / p99`} value={lag(load.applicationLagMs)} />
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
