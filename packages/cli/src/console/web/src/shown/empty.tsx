import { Paper, Text } from '@mantine/core';

/** Says that there is nothing, and why that may be. */
export const Empty = ({ children }: { children: string }) => (
  <Paper withBorder p="lg" bg="transparent">
    <Text c="dimmed" ta="center">
      {children}
    </Text>
  </Paper>
);
