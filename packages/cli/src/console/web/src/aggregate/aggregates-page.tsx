import { Anchor, Autocomplete, Button, Group, Stack, Table, Text } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, useNavigate } from 'react-router';
import { useRecentAggregates } from '../api/queries.ts';
import { Empty } from '../components/empty.tsx';
import { PageTitle } from '../components/page-title.tsx';
import { Problem } from '../components/problem.tsx';
import { Time } from '../components/time.tsx';

/** Number of listed aggregates. Older ones can be opened by ID. */
const SHOWN = 100;
const SUGGESTED = 8;

export default function AggregatesPage() {
  const { t } = useTranslation();
  const { data: aggregates, error, refetch } = useRecentAggregates();
  const shown = aggregates?.slice(0, SHOWN);
  return (
    <Stack>
      <PageTitle lead={t('aggregates.lead')}>{t('aggregates.title')}</PageTitle>
      <Search ids={shown?.map(({ id }) => id) ?? []} />
      <Problem error={error} retry={() => void refetch()} />
      {aggregates?.length === 0 && <Empty>{t('aggregates.empty')}</Empty>}
      {shown && shown.length > 0 && (
        <Table aria-label={t('aggregates.recent')} highlightOnHover>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{t('aggregates.search')}</Table.Th>
              <Table.Th ta="right">{t('when')}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {shown.map(({ id, at }) => (
              <Table.Tr key={id}>
                <Table.Td style={{ overflowWrap: 'anywhere' }}>
                  <Anchor component={Link} to={`/aggregates/${id}`} ff="monospace" size="sm">
                    {id}
                  </Anchor>
                </Table.Td>
                <Table.Td ta="right">
                  <Time at={at} />
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      )}
      {aggregates && aggregates.length > SHOWN && (
        <Text c="dimmed">{t('aggregates.showing', { shown: SHOWN, total: aggregates.length })}</Text>
      )}
    </Stack>
  );
}

function Search({ ids }: { ids: string[] }) {
  const { t } = useTranslation();
  const [id, setId] = useState('');
  const navigate = useNavigate();
  const openAggregate = (which: string) => void navigate(`/aggregates/${encodeURIComponent(which.trim())}`);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (id.trim() !== '') openAggregate(id);
  };
  return (
    <search>
      <form onSubmit={submit}>
        <Group align="end" gap="sm">
          <Autocomplete
            label={t('aggregates.search')}
            placeholder={t('aggregates.placeholder')}
            data={ids}
            limit={SUGGESTED}
            value={id}
            onChange={setId}
            onOptionSubmit={openAggregate}
            style={{ flex: '1 1 220px', maxWidth: 420 }}
          />
          <Button type="submit">{t('aggregates.open')}</Button>
        </Group>
      </form>
    </search>
  );
}
