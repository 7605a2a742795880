import { Table, type TableProps } from '@mantine/core';

interface FieldsProps extends Pick<TableProps, 'verticalSpacing' | 'withRowBorders'> {
  label: string;
  of: Readonly<Record<string, unknown>>;
}

/** Shows the fields of an object, one per row, with nested values as JSON. */
export const Fields = ({ label, of, ...look }: FieldsProps) => (
  <Table aria-label={label} style={{ overflowWrap: 'anywhere' }} {...look}>
    <Table.Tbody>
      {Object.entries(of).map(([name, value]) => (
        <Table.Tr key={name}>
          <Table.Th scope="row" w="33%">
            {name}
          </Table.Th>
          <Table.Td>{typeof value === 'object' ? JSON.stringify(value) : String(value)}</Table.Td>
        </Table.Tr>
      ))}
    </Table.Tbody>
  </Table>
);
