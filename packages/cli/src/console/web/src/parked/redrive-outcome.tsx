import { Alert, List, Progress, Stack, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { RedriveProgress } from '../../../api.ts';
import { Problem } from '../components/problem.tsx';

/** Maximum number of listed failures. Further failures usually have the same error. */
const FAILURES_SHOWN = 20;

/** Shows the progress and the outcome of a redrive. */
export function RedriveOutcome({ progress, error }: { progress: RedriveProgress | undefined; error: unknown }) {
  const { t } = useTranslation();
  if (!progress) return <Problem error={error} />;
  const { done, total, applied, waiting, forPerson, failures, finished } = progress;
  const notTried = total - done;
  return (
    <Stack gap="xs">
      <Progress
        value={total === 0 ? 100 : (done / total) * 100}
        color={failures.length > 0 ? 'red' : 'teal'}
        aria-label={t('parked.progressLabel')}
      />
      <Text size="sm" role="status">
        {t('parked.progress', { done, total, applied })}
      </Text>
      {finished && (
        <Alert color={failures.length > 0 ? 'red' : 'teal'} role="status">
          {t('parked.finished', { applied, waiting, forPerson })}{' '}
          {notTried > 0 && t('parked.notTried', { count: notTried })}
        </Alert>
      )}
      {failures.length > 0 && (
        <section aria-label={t('parked.failures')}>
          <Text size="sm" fw={600}>
            {t('parked.failures')}
          </Text>
          <List size="sm" style={{ overflowWrap: 'anywhere' }}>
            {failures.slice(0, FAILURES_SHOWN).map(({ aggregateId, error }) => (
              <List.Item key={aggregateId}>
                {aggregateId}: {error}
              </List.Item>
            ))}
          </List>
        </section>
      )}
      <Problem error={error} />
    </Stack>
  );
}
