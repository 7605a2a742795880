import { Group, Stack, Text } from '@mantine/core';
import { useMemo } from 'react';
import { Trans, useTranslation } from 'react-i18next';
import type { SpanView } from '../../../../stage/traces.ts';
import { Empty } from '../components/empty.tsx';
import { Time } from '../components/time.tsx';
import { duration } from '../components/times.ts';
import { episodesOf } from './episodes.ts';
import { colorsOf } from './services.ts';
import classes from './timeline.module.css';
import { Waterfall } from './waterfall.tsx';

/** Shows the timeline of an aggregate over all services. */
export function Timeline({ spans }: { spans: readonly SpanView[] }) {
  const { t } = useTranslation();
  const episodes = useMemo(() => episodesOf(spans), [spans]);
  const colors = useMemo(() => colorsOf(spans.map(({ service }) => service)), [spans]);
  if (spans.length === 0) return <Empty>{t('aggregates.noSpans')}</Empty>;
  return (
    <Stack gap="sm">
      <Legend colors={colors} />
      {episodes.map((episode, n) => {
        const before = episodes[n - 1];
        return (
          <div key={episode.startMs}>
            <Text size="sm" fw={600} mb={4}>
              <Trans i18nKey="aggregates.began" components={{ at: <Time at={episode.startMs} /> }} />
              {before && `, ${t('aggregates.later', { time: duration(episode.startMs - before.endMs) })}`}
            </Text>
            <Waterfall episode={episode} all={spans} colors={colors} />
          </div>
        );
      })}
    </Stack>
  );
}

const Legend = ({ colors }: { colors: ReadonlyMap<string, string> }) => (
  <Group gap="md">
    {[...colors].map(([service, color]) => (
      <Group key={service} gap={6}>
        <span className={classes.swatch} style={{ background: color }} />
        <Text size="sm">{service}</Text>
      </Group>
    ))}
  </Group>
);
