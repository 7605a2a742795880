import { Skeleton, Text } from '@mantine/core';
import { lazy, Suspense } from 'react';
import { useTranslation } from 'react-i18next';
import { useLive } from '../live/use-live.ts';

const Sparkline = lazy(() => import('../load/sparkline.tsx'));

/** Shows the message rate of the last minute. */
export function RateHistory({ node, edge }: { node?: string; edge?: string }) {
  const { t } = useTranslation();
  const lastMinute = useLive((live) => live.lastMinute);
  const rates = lastMinute.map(({ nodes, edges }) => (node ? nodes[node] : edges[edge ?? ''])?.perSecond ?? 0);
  if (rates.every((rate) => rate === 0)) return null;
  return (
    <>
      <Suspense fallback={<Skeleton h={48} mt="xs" />}>
        <Sparkline data={rates} />
      </Suspense>
      <Text size="xs" c="dimmed">
        {t('flow.lastMinute')}
      </Text>
    </>
  );
}
