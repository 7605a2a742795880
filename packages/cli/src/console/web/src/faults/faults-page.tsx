import { Alert, Button, Group, List, Stack } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { Faults } from '../../../api.ts';
import { type FaultChange, useAbout, useChangeFaults, useFaults } from '../api/queries.ts';
import { Empty } from '../components/empty.tsx';
import { PageTitle } from '../components/page-title.tsx';
import { notifyDone, notifyProblem, Problem } from '../components/problem.tsx';
import { Section } from '../components/section.tsx';
import { useWarnings } from '../shell/banner.tsx';
import { Latency } from './latency.tsx';
import { Providers } from './providers.tsx';
import { StoppedFunctions } from './stopped-functions.tsx';

export default function FaultsPage() {
  const { t } = useTranslation();
  const { data: about } = useAbout();
  const { data: faults, error, refetch } = useFaults();
  const change = useChangeFaults();
  const apply = (changes: FaultChange[], done?: string) =>
    change.mutate(changes, { onError: notifyProblem, onSuccess: () => done && notifyDone(done) });

  if (about && !about.embedded) return <NotEmbedded />;
  return (
    <Stack gap="lg">
      <Group justify="space-between" align="start">
        <PageTitle lead={t('faults.lead')}>{t('faults.title')}</PageTitle>
        {faults && (
          <Button
            variant="default"
            loading={change.isPending}
            onClick={() => apply(removalsOf(faults), t('faults.removed'))}
          >
            {t('faults.removeAll')}
          </Button>
        )}
      </Group>
      <Problem error={error} retry={() => void refetch()} />
      <Warnings />
      {faults && (
        <>
          {about?.faults && <Providers faults={faults} words={about.faults} apply={apply} />}
          <StoppedFunctions functions={faults.functions} apply={apply} />
          <Latency latencyMs={faults.latencyMs} apply={apply} />
        </>
      )}
    </Stack>
  );
}

/** Returns the changes that remove all injected faults. */
function removalsOf({ providers, functions, latencyMs }: Faults): FaultChange[] {
  return [
    ...Object.entries(providers).flatMap(([provider, fault]) => (fault ? [{ provider, fault: null }] : [])),
    ...Object.entries(functions).flatMap(([name, isStopped]) =>
      isStopped ? [{ function: name, stopped: false }] : [],
    ),
    ...(latencyMs > 0 ? [{ latencyMs: 0 }] : []),
  ];
}

function NotEmbedded() {
  const { t } = useTranslation();
  return (
    <Stack>
      <PageTitle>{t('faults.title')}</PageTitle>
      <Empty>{t('faults.elsewhere')}</Empty>
    </Stack>
  );
}

function Warnings() {
  const { t } = useTranslation();
  const warnings = useWarnings();
  return (
    <Section title={t('faults.warnings')}>
      {warnings.length === 0 ? (
        <Alert color="teal" py="xs">
          {t('faults.noWarnings')}
        </Alert>
      ) : (
        <Alert color="orange" py="xs">
          <List>
            {warnings.map((warning) => (
              <List.Item key={warning}>{warning}</List.Item>
            ))}
          </List>
        </Alert>
      )}
    </Section>
  );
}
