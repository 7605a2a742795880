import { Group, Select, Stack, Text } from '@mantine/core';
import { parkedReasons } from '@rollcall/kit/internal/messaging/parked';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useSearchParams } from 'react-router';
import type { ParkedView } from '../../../api.ts';
import { useAbout, useParked } from '../api/queries.ts';
import { Empty } from '../components/empty.tsx';
import { PageTitle } from '../components/page-title.tsx';
import { Problem } from '../components/problem.tsx';
import { Inspection } from './inspection.tsx';
import { ParkedTable } from './parked-table.tsx';
import { Redrive } from './redrive.tsx';

/** Maximum number of listed messages: enough for a diagnosis. *Redrive all* is not limited to the listed messages. */
const LIMIT = 500;

export default function ParkedPage() {
  const { t } = useTranslation();
  const [filter, setFilter] = useFilter();
  const { data: page, error, refetch } = useParked({ ...filter, limit: LIMIT });
  const [inspected, inspect] = useState<ParkedView>();
  const [selected, select] = useState<readonly ParkedView[]>([]);
  const filtered = filter.subscriber !== undefined || filter.reason !== undefined;

  return (
    <Stack>
      <PageTitle lead={t('parked.lead')}>{t('parked.title')}</PageTitle>
      <Group align="end" justify="space-between">
        <Filters filter={filter} change={setFilter} />
        <Redrive subscriber={filter.subscriber} selected={selected} />
      </Group>
      <Problem error={error} retry={() => void refetch()} />
      {page && <Total shown={page.messages.length} total={page.total} />}
      {page?.total === 0 && <Empty>{t(filtered ? 'parked.emptyFiltered' : 'parked.empty')}</Empty>}
      {page && page.total > 0 && <ParkedTable messages={page.messages} inspect={inspect} select={select} />}
      <Inspection message={inspected} close={() => inspect(undefined)} />
    </Stack>
  );
}

interface Filter {
  subscriber: string | undefined;
  reason: string | undefined;
}

/** The filter is in the URL, so it can be shared. */
function useFilter() {
  const [params, setParams] = useSearchParams();
  const filter: Filter = {
    subscriber: params.get('subscriber') ?? undefined,
    reason: params.get('reason') ?? undefined,
  };
  const setFilter = (changed: Filter) =>
    setParams(Object.entries(changed).flatMap(([name, value]) => (value ? [[name, value] as [string, string]] : [])));
  return [filter, setFilter] as const;
}

function Filters({ filter, change }: { filter: Filter; change: (filter: Filter) => void }) {
  const { t } = useTranslation();
  const { data: about } = useAbout();
  const all = { value: '', label: t('parked.all') };
  return (
    <Group gap="sm" align="end">
      <Select
        label={t('parked.subscriber')}
        data={[all, ...(about?.subscribers ?? [])]}
        value={filter.subscriber ?? ''}
        onChange={(subscriber) => change({ ...filter, subscriber: subscriber || undefined })}
        allowDeselect={false}
        w={190}
      />
      <Select
        label={t('parked.reason')}
        data={[
          all,
          ...parkedReasons.map((value) => ({
            value,
            label: `${t(`parked.reasonName.${value}`)}: ${t(`parked.reasonText.${value}`)}`,
          })),
        ]}
        value={filter.reason ?? ''}
        onChange={(reason) => change({ ...filter, reason: reason || undefined })}
        allowDeselect={false}
        w={{ base: '100%', xs: 320 }}
      />
    </Group>
  );
}

function Total({ shown, total }: { shown: number; total: number }) {
  const { t } = useTranslation();
  if (total === 0) return null;
  return (
    <Text size="sm" c="dimmed" role="status">
      {shown < total ? t('parked.oldest', { shown, total }) : t('parked.total', { total })}
    </Text>
  );
}
