import { Anchor, Autocomplete, Button, Group, Stack, Table, Text } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, useNavigate } from 'react-router';
import { useRecentMembers } from '../api/queries.ts';
import { Empty } from '../shown/empty.tsx';
import { PageTitle } from '../shown/page-title.tsx';
import { Problem } from '../shown/problem.tsx';
import { useTime } from '../shown/times.ts';

/** More are found by their id. */
const SHOWN = 100;
const SUGGESTED = 8;

export default function MembersPage() {
  const { t } = useTranslation();
  const time = useTime();
  const { data: members, error, refetch } = useRecentMembers();
  const shown = members?.slice(0, SHOWN);
  return (
    <Stack>
      <PageTitle lead={t('members.lead')}>{t('members.title')}</PageTitle>
      <Search ids={shown?.map(({ id }) => id) ?? []} />
      <Problem error={error} again={() => void refetch()} />
      {members?.length === 0 && <Empty>{t('members.nobody')}</Empty>}
      {shown && shown.length > 0 && (
        <Table aria-label={t('members.recent')} highlightOnHover>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{t('members.search')}</Table.Th>
              <Table.Th ta="right">{t('when')}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {shown.map(({ id, at }) => (
              <Table.Tr key={id}>
                <Table.Td style={{ overflowWrap: 'anywhere' }}>
                  <Anchor component={Link} to={`/members/${id}`} ff="monospace" size="sm">
                    {id}
                  </Anchor>
                </Table.Td>
                <Table.Td ta="right">{time(at)}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      )}
      {members && members.length > SHOWN && (
        <Text c="dimmed">{t('members.showing', { shown: SHOWN, total: members.length })}</Text>
      )}
    </Stack>
  );
}

function Search({ ids }: { ids: string[] }) {
  const { t } = useTranslation();
  const [id, setId] = useState('');
  const navigate = useNavigate();
  const openMember = (which: string) => void navigate(`/members/${encodeURIComponent(which.trim())}`);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (id.trim() !== '') openMember(id);
  };
  return (
    <search>
      <form onSubmit={submit}>
        <Group align="end" gap="sm">
          <Autocomplete
            label={t('members.search')}
            placeholder={t('members.placeholder')}
            data={ids}
            limit={SUGGESTED}
            value={id}
            onChange={setId}
            onOptionSubmit={openMember}
            style={{ flex: '1 1 220px', maxWidth: 420 }}
          />
          <Button type="submit">{t('members.open')}</Button>
        </Group>
      </form>
    </search>
  );
}
