import {
  CreateTableCommand,
  type CreateTableCommandInput,
  DescribeTableCommand,
  ResourceInUseException,
  type TableDescription,
  UpdateTimeToLiveCommand,
} from '@aws-sdk/client-dynamodb';
import { CloudError } from '../errors/cloud-error.ts';
import type { ResourceProvider } from '../template/resource.ts';
import { physicalName, type Runtime } from './runtime.ts';

interface TableProperties {
  TableName?: string;
  AttributeDefinitions: CreateTableCommandInput['AttributeDefinitions'];
  KeySchema: CreateTableCommandInput['KeySchema'];
  GlobalSecondaryIndexes?: NonNullable<CreateTableCommandInput['GlobalSecondaryIndexes']>;
  LocalSecondaryIndexes?: CreateTableCommandInput['LocalSecondaryIndexes'];
  StreamSpecification?: { StreamViewType: 'NEW_IMAGE' };
  /** Encryption of a Table. A GlobalTable has this property in each replica. */
  SSESpecification?: { KMSMasterKeyId?: string };
  Replicas?: Array<{ SSESpecification?: { KMSMasterKeyId?: string } }>;
  TimeToLiveSpecification?: { AttributeName: string; Enabled: boolean };
}

/** AWS::DynamoDB::Table, and AWS::DynamoDB::GlobalTable with one replica. Capacity is unlimited. */
export const tables =
  ({ dynamodb, region, accountId, access }: Runtime): ResourceProvider =>
  async ({ stack, logicalId, properties }) => {
    const table = properties as unknown as TableProperties;
    const TableName = physicalName(table.TableName, stack, logicalId);
    const { StreamSpecification: stream, TimeToLiveSpecification: expiry } = table;
    try {
      await dynamodb.send(
        new CreateTableCommand({
          TableName,
          BillingMode: 'PAY_PER_REQUEST',
          AttributeDefinitions: table.AttributeDefinitions,
          KeySchema: table.KeySchema,
          GlobalSecondaryIndexes: table.GlobalSecondaryIndexes,
          LocalSecondaryIndexes: table.LocalSecondaryIndexes,
          ...(stream && { StreamSpecification: { StreamEnabled: true, StreamViewType: stream.StreamViewType } }),
        }),
      );
      if (expiry?.Enabled) {
        await dynamodb.send(new UpdateTimeToLiveCommand({ TableName, TimeToLiveSpecification: expiry }));
      }
    } catch (error) {
      if (!(error instanceof ResourceInUseException)) throw error;
    }
    const { Table } = await dynamodb.send(new DescribeTableCommand({ TableName }));
    if (shapeOf(Table) !== shapeOf(table)) {
      throw new CloudError(
        `The data folder contains ${TableName} with keys or indexes that differ from the template. Delete the folder, or choose another folder: npm start -- --data DIR`,
      );
    }
    const Arn = `arn:aws:dynamodb:${region}:${accountId}:table/${TableName}`;
    const key = (table.Replicas?.[0] ?? table).SSESpecification?.KMSMasterKeyId;
    if (key) access.recordKey(Arn, key);
    return {
      ref: TableName,
      attributes: {
        Arn,
        ...(Table?.LatestStreamLabel && { StreamArn: `${Arn}/stream/${Table.LatestStreamLabel}` }),
      },
    };
  };

/** The keys of a table and of its global indexes, as text. The embedded cloud never changes these keys. */
function shapeOf(table: Pick<Partial<TableDescription>, 'KeySchema' | 'GlobalSecondaryIndexes'> | undefined): string {
  const keys = (schema: TableDescription['KeySchema']) =>
    (schema ?? []).map(({ AttributeName, KeyType }) => `${AttributeName} ${KeyType}`);
  const indexes = (table?.GlobalSecondaryIndexes ?? []).map(({ IndexName, KeySchema }) => [IndexName, keys(KeySchema)]);
  return JSON.stringify([keys(table?.KeySchema), indexes.toSorted()]);
}
