import { Slider } from '@mantine/core';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { FaultChange } from '../api/queries.ts';
import { Section } from '../components/section.tsx';
import { duration } from '../components/times.ts';

interface LatencyProps {
  latencyMs: number;
  apply: (changes: FaultChange[]) => void;
}

const marks = [0, 250, 500, 1_000].map((value) => ({ value, label: `${value} ms` }));

/** A slider for the latency that is added to every call to AWS. */
export function Latency({ latencyMs, apply }: LatencyProps) {
  const { t } = useTranslation();
  const [chosen, choose] = useState(latencyMs);
  useEffect(() => choose(latencyMs), [latencyMs]);
  return (
    <Section title={t('faults.latency')} lead={t('faults.latencyLead')}>
      <Slider
        min={0}
        max={1_000}
        step={10}
        maw={560}
        mb="xl"
        mx={40}
        marks={marks}
        label={duration}
        value={chosen}
        onChange={choose}
        onChangeEnd={(ms) => apply([{ latencyMs: ms }])}
        thumbLabel={t('faults.latencyLabel')}
      />
    </Section>
  );
}
