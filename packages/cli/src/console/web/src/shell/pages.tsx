import { Badge } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { NavLink } from 'react-router';
import { useAbout } from '../api/queries.ts';
import { useLive } from '../live/use-live.ts';
import classes from './shell.module.css';

/** Links to the pages. */
export function Pages() {
  const { t } = useTranslation();
  const { data: about } = useAbout();
  return (
    <>
      <Page to="/flow">{t('nav.flow')}</Page>
      <Page to="/aggregates">{t('nav.aggregates')}</Page>
      <Page to="/parked">
        {t('nav.parked')}
        <ParkedCount />
      </Page>
      <Page to="/switches">{t('nav.switches')}</Page>
      <Page to="/load">{t('nav.load')}</Page>
      {about?.embedded && <Page to="/faults">{t('nav.faults')}</Page>}
    </>
  );
}

const Page = ({ to, children }: { to: string; children: React.ReactNode }) => (
  <NavLink to={to} className={classes.page ?? ''}>
    {children}
  </NavLink>
);

function ParkedCount() {
  const parked = useLive(({ snapshot }) => snapshot?.load.parked ?? 0);
  if (parked === 0) return null;
  return (
    <Badge size="sm" color="orange" variant="light">
      {parked}
    </Badge>
  );
}
