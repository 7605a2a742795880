import { Paper, Text } from '@mantine/core';

/** The text of an empty list, with a possible reason. */
export const Empty = ({ children }: { children: string }) => (
  <Paper withBorder p="lg" bg="transparent">
    <Text c="dimmed" ta="center">
      {children}
    </Text>
  </Paper>
);
