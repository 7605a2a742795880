import { Group, Pagination, Stack, Table } from '@mantine/core';
import { useTable } from '@tanstack/react-table';
import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import type { ParkedView } from '../../../api.ts';
import { columns } from './columns.tsx';
import { features } from './features.ts';

const ROWS = 25;

interface ParkedTableProps {
  messages: ParkedView[];
  inspect: (message: ParkedView) => void;
  select: (messages: readonly ParkedView[]) => void;
}

/** Shows parked messages in pages. A selected message stays selected until it is no longer parked. */
export function ParkedTable({ messages, inspect, select }: ParkedTableProps) {
  const { t } = useTranslation();
  const table = useTable({
    features,
    columns,
    data: messages,
    getRowId: ({ subscriber, aggregateId, messageId }) => `${subscriber} ${aggregateId} ${messageId}`,
    initialState: { pagination: { pageIndex: 0, pageSize: ROWS } },
    // The list is reloaded every few seconds, which must not reset the page.
    autoResetPageIndex: false,
    meta: { inspect },
  });
  const { rowSelection, pagination } = table.state;
  useEffect(() => select(table.getSelectedRowModel().rows.map(({ original }) => original)), [rowSelection, messages]);
  const pages = table.getPageCount();
  const page = Math.min(pagination.pageIndex, Math.max(0, pages - 1));
  // The current page may no longer exist.
  useEffect(() => {
    if (page !== pagination.pageIndex) table.setPageIndex(page);
  }, [page, pagination.pageIndex, table]);

  return (
    <Stack gap="xs">
      <Table.ScrollContainer minWidth={760} scrollAreaProps={{ viewportProps: { tabIndex: 0 } }}>
        <Table aria-label={t('parked.title')} highlightOnHover verticalSpacing={6}>
          <Table.Thead>
            {table.getHeaderGroups().map((group) => (
              <Table.Tr key={group.id}>
                {group.headers.map((header) => (
                  <Table.Th key={header.id}>
                    <table.FlexRender header={header} />
                  </Table.Th>
                ))}
              </Table.Tr>
            ))}
          </Table.Thead>
          <Table.Tbody>
            {table.getRowModel().rows.map((row) => (
              <Table.Tr key={row.id} data-selected={row.getIsSelected() || undefined}>
                {row.getAllCells().map((cell) => (
                  <Table.Td key={cell.id}>
                    <table.FlexRender cell={cell} />
                  </Table.Td>
                ))}
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
      {pages > 1 && (
        <Group justify="center" component="nav" aria-label={t('parked.pages')}>
          <Pagination
            total={pages}
            value={page + 1}
            onChange={(chosen) => table.setPageIndex(chosen - 1)}
            getItemProps={(chosen) => ({ 'aria-label': String(chosen) })}
            getControlProps={(control) => ({ 'aria-label': t(`parked.page.${control}`) })}
          />
        </Group>
      )}
    </Stack>
  );
}
