import { DescribeTimeToLiveCommand, UpdateTimeToLiveCommand } from '@aws-sdk/client-dynamodb';
import type { StageClients } from './clients.ts';
import type { Resource } from './resources.ts';

/** A table with a TTL in its template. */
export interface ExpiringTable {
  table: string;
  /** The TTL attribute. */
  attribute: string;
}

export function expiringTables(resources: readonly Resource[]): ExpiringTable[] {
  return resources.flatMap(({ name, properties }) => {
    const { Enabled, AttributeName } = (properties.TimeToLiveSpecification ?? {}) as {
      Enabled?: boolean;
      AttributeName?: string;
    };
    return Enabled && AttributeName ? [{ table: name, attribute: AttributeName }] : [];
  });
}

/** The tables in which TTL is off. */
export async function tablesWithoutExpiry(
  { dynamodb }: StageClients,
  tables: readonly ExpiringTable[],
): Promise<ExpiringTable[]> {
  const found = await Promise.all(
    tables.map(async (one) => {
      const command = new DescribeTimeToLiveCommand({ TableName: one.table });
      const { TimeToLiveDescription } = await dynamodb.send(command);
      return /^ENABL/.test(TimeToLiveDescription?.TimeToLiveStatus ?? '') ? [] : [one];
    }),
  );
  return found.flat();
}

export async function enableExpiry(
  { dynamodb }: StageClients,
  { table: TableName, attribute }: ExpiringTable,
): Promise<void> {
  const TimeToLiveSpecification = { Enabled: true, AttributeName: attribute };
  await dynamodb.send(new UpdateTimeToLiveCommand({ TableName, TimeToLiveSpecification }));
}
