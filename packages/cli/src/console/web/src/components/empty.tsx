import { Paper, Text } from '@mantine/core';

/** The text that replaces an empty list. */
export const Empty = ({ children }: { children: string }) => (
  <Paper withBorder p="lg" bg="transparent">
    <Text c="dimmed" ta="center">
      {children}
    </Text>
  </Paper>
);
