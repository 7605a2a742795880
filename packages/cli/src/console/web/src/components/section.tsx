import { Text, Title } from '@mantine/core';
import type { ReactNode } from 'react';

export const Section = ({ title, lead, children }: { title: string; lead?: string; children: ReactNode }) => (
  <section aria-label={title}>
    <Title order={2} size="h4">
      {title}
    </Title>
    {lead && (
      <Text size="sm" c="dimmed" mb="xs">
        {lead}
      </Text>
    )}
    {children}
  </section>
);
