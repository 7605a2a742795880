import { AppShell, Badge, Burger, Group, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { Outlet, useLocation } from 'react-router';
import { useAbout } from '../api/queries.ts';
import { Problem } from '../components/problem.tsx';
import { Banner } from './banner.tsx';
import { ConnectionState, LostConnection } from './connection.tsx';
import { Pages } from './pages.tsx';
import { LanguageChoice, SchemeChoice } from './preferences.tsx';
import classes from './shell.module.css';

/** The frame of every page, with header, navigation and banner. */
export function Shell() {
  const { t } = useTranslation();
  const [opened, { toggle, close }] = useDisclosure();
  const { pathname } = useLocation();
  useEffect(close, [pathname]);

  return (
    <AppShell
      header={{ height: 56 }}
      navbar={{ width: 240, breakpoint: 'md', collapsed: { desktop: true, mobile: !opened } }}
      padding={{ base: 'sm', sm: 'md' }}
    >
      <button type="button" className={classes.skip} onClick={focusMain}>
        {t('skip')}
      </button>
      <AppShell.Header className={classes.header}>
        <Group h="100%" px={{ base: 'sm', sm: 'md' }} justify="space-between" wrap="nowrap" gap="sm">
          <Group gap="sm" wrap="nowrap">
            <Burger
              opened={opened}
              onClick={toggle}
              hiddenFrom="md"
              size="sm"
              aria-label={t('nav.open')}
              aria-expanded={opened}
            />
            <Text fw={700} className={classes.brand}>
              Rollcall
            </Text>
            <StageName />
          </Group>
          <Group visibleFrom="md" gap={2} wrap="nowrap" component="nav" aria-label={t('nav.label')}>
            <Pages />
          </Group>
          <Group gap="xs" wrap="nowrap">
            <ConnectionState />
            <Group gap="xs" wrap="nowrap" visibleFrom="sm">
              <LanguageChoice />
              <SchemeChoice />
            </Group>
          </Group>
        </Group>
      </AppShell.Header>
      {opened && (
        <AppShell.Navbar p="md" aria-label={t('nav.label')} hiddenFrom="md">
          <Pages />
          <Group mt="lg" hiddenFrom="sm">
            <LanguageChoice />
            <SchemeChoice />
          </Group>
        </AppShell.Navbar>
      )}
      <AppShell.Main id="main" tabIndex={-1} className={classes.main}>
        <Banner />
        <LostConnection />
        <Outlet />
      </AppShell.Main>
    </AppShell>
  );
}

/** Moves the focus to the content. A link cannot do this, because the router uses the hash. */
const focusMain = () => document.getElementById('main')?.focus();

function StageName() {
  const { t } = useTranslation();
  const { data: about, error } = useAbout();
  if (error) return <Problem error={error} />;
  if (!about) return null;
  return (
    <Badge variant="default" tt="none" visibleFrom="xs" title={about.embedded ? t('embedded') : about.apiUrl}>
      {about.stage}
    </Badge>
  );
}
