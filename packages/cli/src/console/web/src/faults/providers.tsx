import { Card, NumberInput, Select, SimpleGrid, Stack } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { Faults, FaultWords, ProviderFault } from '../../../api.ts';
import type { FaultChange } from '../api/queries.ts';
import { Section } from '../components/section.tsx';
import { localized } from '../words/language.ts';

interface ProvidersProps {
  faults: Faults;
  words: FaultWords;
  apply: (changes: FaultChange[]) => void;
}

/** Shows the fault of each stand-in, with an input to change it. */
export function Providers({ faults, words: { title, lead, kinds }, apply }: ProvidersProps) {
  return (
    <Section title={localized(title)} lead={localized(lead)}>
      <SimpleGrid cols={{ base: 1, xs: 2, md: 3 }}>
        {Object.entries(faults.providers).map(([name, fault]) => (
          <Provider
            key={name}
            name={name}
            fault={fault}
            kinds={kinds}
            change={(fault) => apply([{ provider: name, fault }])}
          />
        ))}
      </SimpleGrid>
    </Section>
  );
}

interface ProviderProps extends Pick<FaultWords, 'kinds'> {
  name: string;
  fault: ProviderFault | null;
  change: (fault: ProviderFault | null) => void;
}

const WORKS = 'works';
const DELAY_MS = 1_000;

function Provider({ name, fault, kinds, change }: ProviderProps) {
  const { t } = useTranslation();
  const takesMs = (kind: string) => kinds[kind]?.takesMs === true;
  const choose = (kind: string | null) => {
    if (kind === null || kind === WORKS) return change(null);
    change({ kind, ...(takesMs(kind) && { ms: DELAY_MS }) });
  };
  return (
    <Card withBorder padding="sm">
      <Stack gap="xs">
        <Select
          label={t('faults.providerIs', { name })}
          value={fault?.kind ?? WORKS}
          onChange={choose}
          allowDeselect={false}
          data={[
            { value: WORKS, label: t('faults.works') },
            ...Object.entries(kinds).map(([kind, { says }]) => ({ value: kind, label: `${kind}: ${localized(says)}` })),
          ]}
        />
        {fault && takesMs(fault.kind) && (
          <NumberInput
            label={t('faults.delay', { name })}
            min={0}
            max={30_000}
            step={500}
            value={fault.ms ?? DELAY_MS}
            onChange={(ms) => typeof ms === 'number' && change({ kind: fault.kind, ms })}
          />
        )}
      </Stack>
    </Card>
  );
}
