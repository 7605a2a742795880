import { DescribeTimeToLiveCommand, UpdateTimeToLiveCommand } from '@aws-sdk/client-dynamodb';
import type { AssembledStack } from '@rollcall/local/template/assembly';
import { resourcesOf } from './resources.ts';
import type { Stage } from './stage.ts';

/** A table whose items go away by themselves, as its template says. */
export interface ExpiringTable {
  table: string;
  /** In which the time stands. */
  attribute: string;
}

export async function expiringTables(templates: readonly AssembledStack[]): Promise<ExpiringTable[]> {
  const resources = await resourcesOf(templates);
  return resources.flatMap(({ name, properties }) => {
    const { Enabled, AttributeName } = (properties.TimeToLiveSpecification ?? {}) as {
      Enabled?: boolean;
      AttributeName?: string;
    };
    return Enabled && AttributeName ? [{ table: name, attribute: AttributeName }] : [];
  });
}

/** Those of these tables in which nothing expires. */
export async function endless({ dynamodb }: Stage, tables: readonly ExpiringTable[]): Promise<ExpiringTable[]> {
  const found = await Promise.all(
    tables.map(async (one) => {
      const asked = new DescribeTimeToLiveCommand({ TableName: one.table });
      const { TimeToLiveDescription } = await dynamodb.send(asked);
      return /^ENABL/.test(TimeToLiveDescription?.TimeToLiveStatus ?? '') ? [] : [one];
    }),
  );
  return found.flat();
}

export async function letExpire({ dynamodb }: Stage, { table: TableName, attribute }: ExpiringTable): Promise<void> {
  const TimeToLiveSpecification = { Enabled: true, AttributeName: attribute };
  await dynamodb.send(new UpdateTimeToLiveCommand({ TableName, TimeToLiveSpecification }));
}
