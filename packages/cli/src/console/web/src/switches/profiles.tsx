import { Button, Group, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useAbout } from '../api/queries.ts';
import { Section } from '../components/section.tsx';
import { useDescriptions } from './descriptions.ts';
import { SwitchForm } from './switch-form.tsx';

/** Buttons that switch several capabilities at once. */
export function Profiles() {
  const { t } = useTranslation();
  const { data: about } = useAbout();
  const descriptions = useDescriptions();
  const [chosen, choose] = useState<string>();
  return (
    <Section title={t('switches.profiles')} lead={t('switches.profilesLead')}>
      <Stack gap="xs">
        {about?.profiles.map((profile) => (
          <Group key={profile} gap="sm">
            <Button variant="default" size="xs" miw={170} onClick={() => choose(profile)}>
              {t('switches.useProfile', { profile })}
            </Button>
            <Text size="sm">{descriptions.profile(profile)}</Text>
          </Group>
        ))}
      </Stack>
      <SwitchForm target={chosen === undefined ? undefined : { profile: chosen }} close={() => choose(undefined)} />
    </Section>
  );
}
