import { Alert, Anchor, Group, Stack, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import type { Words } from '../../../../words.ts';
import type { Failure } from '../../../api.ts';
import { useFaults } from '../api/queries.ts';
import { useLive } from '../live/use-live.ts';
import { localized } from '../words/language.ts';

const NO_WARNINGS: readonly Words[] = [];
/** Matches warnings about injected faults, which the banner shows in a separate line. */
const INJECTED_FAULT = /^(provider|function|latency)\b/;

export function useWarnings(): string[] {
  const warnings = useLive(({ snapshot }) => snapshot?.warnings ?? NO_WARNINGS);
  return warnings.filter(({ en }) => !INJECTED_FAULT.test(en)).map((warning) => localized(warning));
}

const RECENT_MS = 10 * 60_000;

/** The failed invocations and denied calls of the last ten minutes. */
function useRecentFailures(): readonly Failure[] {
  const failures = useLive(({ failures }) => failures);
  const now = useLive(({ snapshot }) => snapshot?.load.at);
  return failures.filter(({ at }) => now !== undefined && Date.parse(at) > Date.parse(now) - RECENT_MS);
}

/** Describes the injected faults. */
function useInjectedFaults(): string[] {
  const { t } = useTranslation();
  const { data: faults } = useFaults();
  if (!faults) return [];
  const providers = Object.entries(faults.providers).flatMap(([name, fault]) =>
    fault ? [`${name} ${fault.kind}`] : [],
  );
  const stopped = Object.entries(faults.functions).flatMap(([name, isStopped]) =>
    isStopped ? [t('banner.stopped', { name })] : [],
  );
  const latency = faults.latencyMs > 0 ? [t('banner.latency', { ms: faults.latencyMs })] : [];
  return [...providers, ...stopped, ...latency];
}

/** A banner on every page while there are faults, warnings or recent failures. */
export function Banner() {
  const { t } = useTranslation();
  const injected = useInjectedFaults();
  const warnings = useWarnings();
  const [failure, ...others] = useRecentFailures();
  if (injected.length + warnings.length === 0 && !failure) return null;
  return (
    <Alert color="orange" mb="md" py="xs" role="status" variant="light">
      <Stack gap={4}>
        {injected.length > 0 && (
          <Line text={t('banner.broken', { list: injected.join(', ') })} to="/faults" link={t('banner.mend')} />
        )}
        {warnings.length > 0 && (
          <Line text={t('banner.warnings', { list: warnings.join(', ') })} to="/switches" link={t('banner.switches')} />
        )}
        {failure && (
          <Line
            text={t('banner.failures', { ...failure, count: others.length + 1 })}
            to="/load"
            link={t('banner.failed')}
          />
        )}
      </Stack>
    </Alert>
  );
}

const Line = ({ text, to, link }: { text: string; to: string; link: string }) => (
  <Group justify="space-between" gap="xs">
    <Text size="sm">{text}</Text>
    <Anchor component={Link} to={to} size="sm" underline="always">
      {link}
    </Anchor>
  </Group>
);
