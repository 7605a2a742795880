import { ActionIcon, type MantineColorScheme, Menu, SegmentedControl, useMantineColorScheme } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { type Language, languages, setLanguage } from '../words/language.ts';

const languageOptions = Object.entries(languages).map(([value, label]) => ({ value, label }));

export function LanguageChoice() {
  const { t, i18n } = useTranslation();
  return (
    <SegmentedControl
      size="xs"
      aria-label={t('language')}
      data={languageOptions}
      value={i18n.language}
      onChange={(language) => setLanguage(language as Language)}
    />
  );
}

const schemes: MantineColorScheme[] = ['auto', 'light', 'dark'];
const icons = { auto: '◐', light: '☀', dark: '☾' };

/** Selects the colour scheme. The default is the scheme of the system. */
export function SchemeChoice() {
  const { t } = useTranslation();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <ActionIcon variant="default" size="lg" aria-label={t('scheme.label')} title={t('scheme.label')}>
          {icons[colorScheme]}
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {schemes.map((scheme) => (
          <Menu.Item key={scheme} leftSection={icons[scheme]} onClick={() => setColorScheme(scheme)}>
            {t(`scheme.${scheme}`)}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
