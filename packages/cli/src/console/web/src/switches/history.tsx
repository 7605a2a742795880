import { Table } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { Switches } from '../../../api.ts';
import { Empty } from '../components/empty.tsx';
import { Section } from '../components/section.tsx';
import { Time } from '../components/time.tsx';
import { Until } from './until.tsx';

/** Number of entries shown. `ops switch history --limit` lists more entries. */
const SHOWN = 50;

/** Shows the history of switches. */
export function History({ history }: Pick<Switches, 'history'>) {
  const { t } = useTranslation();
  const latest = history.toSorted((a, b) => b.at.localeCompare(a.at)).slice(0, SHOWN);
  return (
    <Section title={t('switches.history')}>
      {latest.length === 0 && <Empty>{t('switches.noHistory')}</Empty>}
      {latest.length > 0 && (
        <Table.ScrollContainer minWidth={560} scrollAreaProps={{ viewportProps: { tabIndex: 0 } }}>
          <Table aria-label={t('switches.history')}>
            <Table.Thead>
              <Table.Tr>
                <Table.Th>{t('when')}</Table.Th>
                <Table.Th>{t('switches.capability')}</Table.Th>
                <Table.Th>{t('switches.mode')}</Table.Th>
                <Table.Th>{t('who')}</Table.Th>
                <Table.Th>{t('why')}</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {latest.map(({ at, capability, mode, by, why, until }) => (
                <Table.Tr key={`${at} ${capability}`}>
                  <Table.Td>
                    <Time at={at} />
                  </Table.Td>
                  <Table.Td>{capability}</Table.Td>
                  <Table.Td>
                    {mode}
                    {until && (
                      <>
                        {' '}
                        <Until at={until} />
                      </>
                    )}
                  </Table.Td>
                  <Table.Td>{by}</Table.Td>
                  <Table.Td>{why}</Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      )}
    </Section>
  );
}
