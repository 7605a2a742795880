import { Anchor, Badge, Group, Stack, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { Time } from '../components/time.tsx';
import { useRecentPassings } from '../live/use-live.ts';
import { isBad } from './moving-dots.ts';
import { useOutcomeName } from './outcome-name.ts';
import { Part } from './part.tsx';

/** Shows the last messages on a node or an edge since its details were opened. */
export function RecentPassings({ edges }: { edges: readonly string[] }) {
  const { t } = useTranslation();
  const outcomeName = useOutcomeName();
  const passings = useRecentPassings(edges);
  if (passings.length === 0) return null;
  return (
    <Part title={t('flow.recent')}>
      <Stack gap={6}>
        {passings.map(({ at, edge, messageId, type, aggregateId, outcome }) => (
          <Group key={`${at} ${edge} ${messageId} ${outcome}`} gap={6} wrap="nowrap" justify="space-between">
            <div style={{ minWidth: 0 }}>
              <Text size="sm" truncate>
                {type}
              </Text>
              <Anchor component={Link} to={`/aggregates/${aggregateId}`} size="xs" truncate display="block">
                {aggregateId}
              </Anchor>
            </div>
            <Stack gap={2} align="end">
              <Text size="xs" c="dimmed">
                <Time at={at} />
              </Text>
              {outcome && (
                <Badge
                  size="sm"
                  tt="none"
                  variant="light"
                  color={isBad(outcome) ? 'red' : 'teal'}
                  style={{ flex: 'none' }}
                >
                  {outcomeName(outcome)}
                </Badge>
              )}
            </Stack>
          </Group>
        ))}
      </Stack>
    </Part>
  );
}
