import { Alert } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { useLive } from '../live/use-live.ts';
import classes from './shell.module.css';

/** Shows whether the page is connected to the server. */
export function ConnectionState() {
  const { t } = useTranslation();
  const connection = useLive(({ connection }) => connection);
  const text = t(`connection.${connection}`);
  return (
    <span className={classes.state} role="status" aria-label={text}>
      <span className={classes.lamp} data-state={connection} />
      {connection === 'live' && text}
    </span>
  );
}

export function LostConnection() {
  const { t } = useTranslation();
  const connection = useLive(({ connection }) => connection);
  if (connection !== 'lost') return null;
  return (
    <Alert color="red" title={t('connection.lost')} mb="md" role="alert">
      {t('connection.lostDetail')}
    </Alert>
  );
}
