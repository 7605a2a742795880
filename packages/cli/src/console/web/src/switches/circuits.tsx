import { Badge, Button, Table, Text, VisuallyHidden } from '@mantine/core';
import { useState } from 'react';
import { Trans, useTranslation } from 'react-i18next';
import type { CircuitView } from '../../../api.ts';
import { useCircuits, useResetCircuit } from '../api/queries.ts';
import { Confirmation } from '../components/confirmation.tsx';
import { Dotted } from '../components/dotted.tsx';
import { Empty } from '../components/empty.tsx';
import { notifyDone, notifyProblem, Problem } from '../components/problem.tsx';
import { Section } from '../components/section.tsx';
import { Time } from '../components/time.tsx';
import { duration } from '../components/times.ts';

/** Shows the circuits of remote services. */
export function Circuits() {
  const { t } = useTranslation();
  const { data: circuits, error, refetch } = useCircuits();
  const [selected, select] = useState<string>();
  const reset = useResetCircuit();
  const confirm = (circuit: string) => {
    select(undefined);
    reset.mutate(circuit, { onSuccess: () => notifyDone(t('circuits.done')), onError: notifyProblem });
  };
  return (
    <Section title={t('circuits.title')} lead={t('circuits.lead')}>
      <Problem error={error} retry={() => void refetch()} />
      {circuits?.length === 0 && <Empty>{t('circuits.empty')}</Empty>}
      {circuits && circuits.length > 0 && <CircuitTable circuits={circuits} select={select} />}
      <Confirmation
        title={t('circuits.resetTitle', { circuit: selected ?? '' })}
        text={t('circuits.resetLead')}
        action={t('circuits.reset')}
        opened={selected !== undefined}
        close={() => select(undefined)}
        confirm={() => selected !== undefined && confirm(selected)}
      />
    </Section>
  );
}

function CircuitTable({ circuits, select }: { circuits: readonly CircuitView[]; select: (circuit: string) => void }) {
  const { t } = useTranslation();
  return (
    <Table.ScrollContainer minWidth={680} scrollAreaProps={{ viewportProps: { tabIndex: 0 } }}>
      <Table aria-label={t('circuits.title')}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t('circuits.circuit')}</Table.Th>
            <Table.Th>{t('circuits.state')}</Table.Th>
            <Table.Th ta="right">{t('circuits.calls')}</Table.Th>
            <Table.Th ta="right">{t('circuits.failures')}</Table.Th>
            <Table.Th ta="right">{t('circuits.p50')}</Table.Th>
            <Table.Th ta="right">{t('circuits.p99')}</Table.Th>
            <Table.Th ta="right">{t('circuits.p999')}</Table.Th>
            <Table.Th>
              <VisuallyHidden>{t('circuits.reset')}</VisuallyHidden>
            </Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {circuits.map((circuit) => (
            <CircuitRow key={circuit.circuit} {...circuit} select={select} />
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

const stateColors = { closed: 'teal', open: 'red', 'half-open': 'orange' };

const Percentile = ({ ms }: { ms: number | undefined }) => (
  <Table.Td ta="right" style={{ whiteSpace: 'nowrap' }}>
    {ms === undefined ? '–' : duration(ms)}
  </Table.Td>
);

function CircuitRow({ select, ...circuit }: CircuitView & { select: (circuit: string) => void }) {
  const { t } = useTranslation();
  const { state, since, because, nextProbe, recentCalls, recentFailures, ms } = circuit;
  return (
    <Table.Tr>
      <Table.Th scope="row">{circuit.circuit}</Table.Th>
      <Table.Td>
        <Badge color={stateColors[state]} variant="light" tt="none">
          {t(`circuits.stateText.${state}`)}
        </Badge>
        <Text size="xs" c="dimmed">
          <Dotted>
            {since && <Trans i18nKey="circuits.since" components={{ at: <Time at={since} /> }} />}
            {because}
            {nextProbe && <Trans i18nKey="circuits.nextProbe" components={{ at: <Time at={nextProbe} /> }} />}
          </Dotted>
        </Text>
      </Table.Td>
      <Table.Td ta="right">{recentCalls}</Table.Td>
      <Table.Td ta="right">{recentFailures}</Table.Td>
      <Percentile ms={ms.p50} />
      <Percentile ms={ms.p99} />
      <Percentile ms={ms['p99.9']} />
      <Table.Td ta="right">
        <Button
          size="xs"
          variant="default"
          disabled={state === 'closed'}
          onClick={() => select(circuit.circuit)}
          aria-label={t('circuits.resetOne', { circuit: circuit.circuit })}
        >
          {t('circuits.reset')}
        </Button>
      </Table.Td>
    </Table.Tr>
  );
}
