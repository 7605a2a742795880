import { Anchor, CloseButton, Group, List, Paper, Title } from '@mantine/core';
import { useLocalStorage } from '@mantine/hooks';
import { Trans, useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { useAbout } from '../api/queries.ts';
import { localized } from '../words/language.ts';

const to = (path: string) => <Anchor component={Link} to={path} inherit underline="always" />;

/** Introduces the page until the user closes the introduction. */
export function Introduction() {
  const { t } = useTranslation();
  const { data: about } = useAbout();
  const [closed, close] = useLocalStorage({
    key: 'rollcall-console-introduced',
    defaultValue: false,
    getInitialValueInEffect: false,
  });
  if (!about || closed) return null;
  return (
    <Paper withBorder p="sm" component="section" aria-labelledby="introduction">
      <Group justify="space-between" wrap="nowrap" mb={4}>
        <Title order={2} size="h4" id="introduction">
          {t('introduction.title')}
        </Title>
        <CloseButton aria-label={t('introduction.close')} onClick={() => close(true)} />
      </Group>
      <List type="ordered" size="sm" spacing={4}>
        {about.form && <List.Item>{t('introduction.create', { submit: localized(about.form.submit) })}</List.Item>}
        <List.Item>
          <Trans i18nKey="introduction.timeline" components={{ to: to('/aggregates') }} />
        </List.Item>
        <List.Item>
          <Trans
            i18nKey={about.embedded ? 'introduction.break' : 'introduction.parked'}
            components={{ faults: to('/faults'), parked: to('/parked') }}
          />
        </List.Item>
      </List>
    </Paper>
  );
}
