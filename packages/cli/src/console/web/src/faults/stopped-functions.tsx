import { SimpleGrid, Switch } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { Faults } from '../../../api.ts';
import type { FaultChange } from '../api/queries.ts';
import { Section } from '../components/section.tsx';

interface StoppedFunctionsProps extends Pick<Faults, 'functions'> {
  apply: (changes: FaultChange[]) => void;
}

/** A switch for each function that reads a queue or a stream. The switch stops and starts the function. */
export function StoppedFunctions({ functions, apply }: StoppedFunctionsProps) {
  const { t } = useTranslation();
  return (
    <Section title={t('faults.functions')} lead={t('faults.functionsLead')}>
      <SimpleGrid cols={{ base: 1, xs: 2, md: 3 }} spacing="xs">
        {Object.entries(functions).map(([name, stopped]) => (
          <Switch
            key={name}
            label={t('faults.runs', { name })}
            styles={{ body: { minWidth: 0 }, labelWrapper: { minWidth: 0, overflowWrap: 'anywhere' } }}
            checked={!stopped}
            onChange={(event) => apply([{ function: name, stopped: !event.currentTarget.checked }])}
          />
        ))}
      </SimpleGrid>
    </Section>
  );
}
