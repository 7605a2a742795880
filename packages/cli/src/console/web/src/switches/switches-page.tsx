import { Stack } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { useSwitches } from '../api/queries.ts';
import { PageTitle } from '../components/page-title.tsx';
import { Problem } from '../components/problem.tsx';
import { Capabilities } from './capabilities.tsx';
import { Circuits } from './circuits.tsx';
import { History } from './history.tsx';
import { Profiles } from './profiles.tsx';

export default function SwitchesPage() {
  const { t } = useTranslation();
  const { data, error, refetch } = useSwitches();
  return (
    <Stack gap="lg">
      <PageTitle lead={t('switches.lead')}>{t('switches.title')}</PageTitle>
      <Problem error={error} retry={() => void refetch()} />
      {data && <Capabilities switches={data.switches} />}
      <Profiles />
      <Circuits />
      {data && <History history={data.history} />}
    </Stack>
  );
}
