import { Alert, Button } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import i18next from 'i18next';
import { useTranslation } from 'react-i18next';
import { ProblemError } from '../api/client.ts';
import { localized } from '../words/language.ts';

function titleOf(error: unknown): string {
  const { says, title } = error instanceof ProblemError ? error.document : {};
  return (says ? localized(says) : title) || i18next.t('problem.title');
}

function detailOf(error: unknown): string {
  if (!(error instanceof ProblemError)) return String(error);
  const { detail, title, errors } = error.document;
  if (!title && !detail) return i18next.t('problem.unreachable');
  return [detail, ...(errors ?? []).map(({ pointer, detail }) => `${pointer}: ${detail}`)].filter(Boolean).join(' ');
}

/** Shows an error, if there is one. */
export function Problem({ error, retry }: { error: unknown; retry?: () => void }) {
  const { t } = useTranslation();
  if (!error) return null;
  return (
    <Alert color="red" title={titleOf(error)} role="alert">
      {detailOf(error)}
      {retry && (
        <Button mt="xs" size="xs" variant="default" onClick={retry} display="block">
          {t('problem.again')}
        </Button>
      )}
    </Alert>
  );
}

/** Shows a notification that an action of the user failed. */
export const notifyProblem = (error: unknown) =>
  notifications.show({
    color: 'red',
    title: titleOf(error),
    message: detailOf(error),
    autoClose: 10_000,
    closeButtonProps: { 'aria-label': i18next.t('close') },
  });

/** Shows a notification that an action of the user succeeded. */
export const notifyDone = (message: string) =>
  notifications.show({ color: 'teal', message, closeButtonProps: { 'aria-label': i18next.t('close') } });
