import { Badge, Button, Card, Group, SimpleGrid, Stack, Text, Title } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { SwitchView } from '../../../api.ts';
import { Dotted } from '../components/dotted.tsx';
import { Time } from '../components/time.tsx';
import { useDescriptions } from './descriptions.ts';
import { SwitchForm } from './switch-form.tsx';
import { Until } from './until.tsx';

/** Shows the mode of each capability, with a button to change it. */
export function Capabilities({ switches }: { switches: readonly SwitchView[] }) {
  const [changing, change] = useState<string>();
  return (
    <>
      <SimpleGrid cols={{ base: 1, xs: 2, lg: 4 }}>
        {switches.map((one) => (
          <Capability key={one.capability} {...one} change={() => change(one.capability)} />
        ))}
      </SimpleGrid>
      <SwitchForm
        target={changing === undefined ? undefined : { capability: changing }}
        close={() => change(undefined)}
      />
    </>
  );
}

function Capability({ capability, mode, by, why, at, until, change }: SwitchView & { change: () => void }) {
  const { t } = useTranslation();
  const descriptions = useDescriptions();
  return (
    <Card withBorder component="section" aria-label={capability} padding="sm">
      <Stack gap="xs" h="100%" justify="space-between">
        <div>
          <Group justify="space-between">
            <Title order={2} size="h5">
              {capability}
            </Title>
            <Badge color={mode === 'on' ? 'teal' : 'orange'} variant="light" tt="none">
              {mode}
            </Badge>
          </Group>
          <Text size="sm">{descriptions.mode(mode)}</Text>
          {mode !== 'on' && (
            <Text size="sm" c="dimmed" style={{ overflowWrap: 'anywhere' }}>
              <Dotted>
                {why && `“${why}”`}
                {by}
                {at && <Time at={at} />}
                {until && <Until at={until} />}
              </Dotted>
            </Text>
          )}
        </div>
        <Button variant="default" size="xs" onClick={change} aria-label={t('switches.changeOne', { capability })}>
          {t('switches.change')}
        </Button>
      </Stack>
    </Card>
  );
}
