import { Button, Container, Stack } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { useRouteError } from 'react-router';
import { PageTitle } from '../components/page-title.tsx';
import { Problem } from '../components/problem.tsx';

/** Replaces a page that threw an error. The page has a bug, or the server no longer has one of the page's chunks. */
export function Broken() {
  const { t } = useTranslation();
  const error = useRouteError();
  return (
    <Container component="main" size="sm" py="xl">
      <Stack>
        <PageTitle lead={t('broken.lead')}>{t('broken.title')}</PageTitle>
        <Problem error={error} />
        <Button onClick={() => location.reload()}>{t('broken.reload')}</Button>
      </Stack>
    </Container>
  );
}
