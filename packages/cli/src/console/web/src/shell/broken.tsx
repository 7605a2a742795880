import { Button, Container, Stack } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { useRouteError } from 'react-router';
import { PageTitle } from '../components/page-title.tsx';
import { Problem } from '../components/problem.tsx';

/** Replaces a page that threw an error, because of a bug or a chunk that the server no longer has. */
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
