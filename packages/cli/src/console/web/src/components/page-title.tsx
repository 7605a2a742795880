import { Stack, Text, Title } from '@mantine/core';
import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';

/** The heading of a page. It is also the first part of the window's title. */
export function PageTitle({ children, lead }: { children: string; lead?: string }) {
  const { t } = useTranslation();
  const windowTitle = `${children} – ${t('title')}`;
  useEffect(() => {
    document.title = windowTitle;
  }, [windowTitle]);
  return (
    <Stack gap={2}>
      <Title order={1} size="h2" style={{ overflowWrap: 'anywhere' }}>
        {children}
      </Title>
      {lead && <Text c="dimmed">{lead}</Text>}
    </Stack>
  );
}
