import {
  CreateTableCommand,
  type CreateTableCommandInput,
  DescribeTableCommand,
  ResourceInUseException,
  UpdateTimeToLiveCommand,
} from '@aws-sdk/client-dynamodb';
import type { ResourceProvider } from '../template/deployment.ts';
import { physicalName, type Runtime } from './runtime.ts';

interface TableProperties {
  TableName?: string;
  AttributeDefinitions: CreateTableCommandInput['AttributeDefinitions'];
  KeySchema: CreateTableCommandInput['KeySchema'];
  GlobalSecondaryIndexes?: CreateTableCommandInput['GlobalSecondaryIndexes'];
  LocalSecondaryIndexes?: CreateTableCommandInput['LocalSecondaryIndexes'];
  StreamSpecification?: { StreamViewType: 'NEW_IMAGE' };
  TimeToLiveSpecification?: { AttributeName: string; Enabled: boolean };
}

/** AWS::DynamoDB::GlobalTable (one replica: this machine) and AWS::DynamoDB::Table. Capacity is not limited. */
export const tables =
  ({ dynamodb, region, accountId }: Runtime): ResourceProvider =>
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
    return {
      ref: TableName,
      attributes: {
        Arn: `arn:aws:dynamodb:${region}:${accountId}:table/${TableName}`,
        ...(Table?.LatestStreamArn && { StreamArn: Table.LatestStreamArn }),
      },
    };
  };
