import { Alert, Button, Group, Progress, Stack, Text } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import type { Burst, CreateForm, Words } from '../../../api.ts';
import { send } from '../api/client.ts';
import { Problem } from '../components/problem.tsx';
import { live, useLive } from '../live/use-live.ts';
import { localized } from '../words/language.ts';
import classes from './burst.module.css';

const TOTAL = 100;

export function BurstButton({ many, className }: { className: string } & Pick<CreateForm, 'many'>) {
  const burst = useMutation({
    mutationFn: () => send<Burst>('POST', '/burst', { total: TOTAL }),
    onSuccess: live.burstStarted,
  });
  return (
    <div className={className}>
      <Button variant="default" fullWidth loading={burst.isPending} onClick={() => burst.mutate()}>
        {localized(many, { count: TOTAL })}
      </Button>
      <Problem error={burst.error} />
    </div>
  );
}

/** Shows the progress and the verdict of the last burst. */
export function BurstProgress({ accepted: acceptedLabel }: { accepted: Words }) {
  const { t } = useTranslation();
  const burst = useLive(({ burst }) => burst);
  if (!burst) return null;
  const { total, accepted, rejected, applied, verdict } = burst;
  return (
    <section aria-label={t('burst.title', { count: total })}>
      <Stack gap={6}>
        <div className={classes.bars}>
          <Bar name={localized(acceptedLabel)} done={accepted} of={total} />
          {Object.entries(applied).map(([service, done]) => (
            <Bar key={service} name={t('burst.applied', { service })} done={done} of={accepted} />
          ))}
        </div>
        {rejected > 0 && <Text size="sm">{t('burst.rejected', { count: rejected })}</Text>}
        <Verdict verdict={verdict} />
      </Stack>
    </section>
  );
}

function Bar({ name, done, of }: { name: string; done: number; of: number }) {
  const part = of === 0 ? 0 : Math.min(100, (done / of) * 100);
  return (
    <div>
      <Group justify="space-between" gap={4} wrap="nowrap">
        <Text size="xs" truncate>
          {name}
        </Text>
        <Text size="xs" className={classes.count}>
          {done}/{of}
        </Text>
      </Group>
      <Progress value={part} color={part === 100 ? 'teal' : 'blue'} aria-label={name} size="sm" />
    </div>
  );
}

function Verdict({ verdict }: { verdict: Burst['verdict'] | undefined }) {
  const { t } = useTranslation();
  if (!verdict) {
    return (
      <Text size="sm" c="dimmed" role="status">
        {t('burst.going')}
      </Text>
    );
  }
  const isGood = verdict.lost + verdict.duplicated + verdict.outOfOrder === 0;
  return (
    <Alert color={isGood ? 'teal' : 'red'} py={6} role="status">
      {isGood ? t('burst.good') : t('burst.bad', verdict)}
      {verdict.parked > 0 && ` ${t('burst.parked', { count: verdict.parked })}`}
    </Alert>
  );
}
