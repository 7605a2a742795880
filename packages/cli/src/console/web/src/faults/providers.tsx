import { Card, NumberInput, Select, SimpleGrid, Stack } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { Faults, ProviderFault } from '../../../api.ts';
import type { FaultChange } from '../api/queries.ts';
import { Section } from '../shown/section.tsx';
import { en } from '../words/en.ts';

interface ProvidersProps {
  faults: Faults;
  apply: (changes: FaultChange[]) => void;
}

/** How each SMS provider, and each instance of the gateway, is to behave. */
export function Providers({ faults, apply }: ProvidersProps) {
  const { t } = useTranslation();
  return (
    <Section title={t('faults.providers')} lead={t('faults.providersLead')}>
      <SimpleGrid cols={{ base: 1, xs: 2, md: 3 }}>
        {Object.entries(faults.providers).map(([name, fault]) => (
          <Provider
            key={name}
            name={name}
            fault={fault}
            kinds={faults.kinds}
            change={(fault) => apply([{ provider: name, fault }])}
          />
        ))}
      </SimpleGrid>
    </Section>
  );
}

interface ProviderProps {
  name: string;
  fault: ProviderFault | null;
  kinds: readonly string[];
  change: (fault: ProviderFault | null) => void;
}

const WORKS = 'works';
const SLOW_MS = 1_000;

type Kind = ProviderFault['kind'];
const isKind = (text: string): text is Kind => text in en.faults.kindText;

function Provider({ name, fault, kinds, change }: ProviderProps) {
  const { t } = useTranslation();
  const wordsOf = (kind: string) => (isKind(kind) ? `${kind}: ${t(`faults.kindText.${kind}`)}` : kind);
  const choose = (kind: string | null) => {
    if (kind === null || kind === WORKS) return change(null);
    change(kind === 'slow' ? { kind, ms: SLOW_MS } : { kind: kind as Kind });
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
            ...kinds.map((kind) => ({ value: kind, label: wordsOf(kind) })),
          ]}
        />
        {fault?.kind === 'slow' && (
          <NumberInput
            label={t('faults.delay', { name })}
            min={0}
            max={30_000}
            step={500}
            value={fault.ms ?? SLOW_MS}
            onChange={(ms) => typeof ms === 'number' && change({ kind: 'slow', ms })}
          />
        )}
      </Stack>
    </Card>
  );
}
