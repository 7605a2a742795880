import { Title } from '@mantine/core';
import type { ReactNode } from 'react';

/** A part of the details, with a heading. */
export const Part = ({ title, children }: { title: string; children: ReactNode }) => (
  <section>
    <Title order={3} size="h5" mb={6}>
      {title}
    </Title>
    {children}
  </section>
);
