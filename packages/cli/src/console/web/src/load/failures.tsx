import { Code, Table } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { Section } from '../components/section.tsx';
import { Time } from '../components/time.tsx';
import { useLive } from '../live/use-live.ts';

/** Shows failed invocations and denied calls, if there are any. */
export function Failures() {
  const { t } = useTranslation();
  const failures = useLive(({ failures }) => failures);
  if (failures.length === 0) return null;
  return (
    <Section title={t('load.failures')}>
      <Table.ScrollContainer minWidth={900} scrollAreaProps={{ viewportProps: { tabIndex: 0 } }}>
        <Table aria-label={t('load.failures')}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{t('when')}</Table.Th>
              <Table.Th>{t('load.function')}</Table.Th>
              <Table.Th>{t('load.request')}</Table.Th>
              <Table.Th>{t('why')}</Table.Th>
              <Table.Th>{t('load.log')}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {failures.map(({ at, functionName, requestId, reason, log }) => (
              <Table.Tr key={`${functionName} ${requestId} ${reason}`}>
                <Table.Td>
                  <Time at={at} />
                </Table.Td>
                <Table.Td>{functionName}</Table.Td>
                <Table.Td>{requestId}</Table.Td>
                <Table.Td>{reason}</Table.Td>
                <Table.Td>
                  <Code style={{ overflowWrap: 'break-word' }}>{log}</Code>
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
    </Section>
  );
}
