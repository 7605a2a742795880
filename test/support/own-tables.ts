import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, paginateScan } from '@aws-sdk/lib-dynamodb';
import { DUE_INDEX, DUE_KEYS, LATER_KEYS } from '@rollcall/kit/internal/contracts/later-table';
import { Choices } from '@rollcall/kit/internal/testing/simulation/choices';
import { type Instance, Scheduler } from '@rollcall/kit/internal/testing/simulation/scheduler';
import { Tables } from '@rollcall/kit/internal/testing/simulation/tables';
import { startDynamoDB } from '@rollcall/local/internal/emulators/dynoxide';

type Keys = readonly [string] | readonly [string, string];
type Items = Array<Record<string, unknown>>;

/** The tables of a service that publishes, and of the consumer of its replies. */
const KEYS: Record<string, Keys> = {
  orders: ['pk'],
  outbox: ['aggregateId', 'version'],
  later: LATER_KEYS,
  replies: ['pk', 'sk'],
};

export interface OwnTables {
  client: DynamoDBDocumentClient;
  items(table: string): Promise<Items>;
  stop(): Promise<void>;
}

/** Two functions that create the same tables: one in the embedded cloud's DynamoDB, and one in the simulation. */
export const ownTables: Record<'DynamoDB' | 'the simulation', () => Promise<OwnTables>> = {
  async DynamoDB() {
    const folder = mkdtempSync(join(tmpdir(), 'rollcall-tables-'));
    const emulator = await startDynamoDB(join(folder, 'dynamodb.db'));
    const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
    const raw = new DynamoDBClient({ endpoint: emulator.url, region: 'us-east-1', credentials });
    for (const [name, keys] of Object.entries(KEYS)) await raw.send(new CreateTableCommand(tableOf(name, keys)));
    const client = DynamoDBDocumentClient.from(raw, { marshallOptions: { removeUndefinedValues: true } });
    return {
      client,
      async items(TableName) {
        const pages = await Array.fromAsync(paginateScan({ client }, { TableName, ConsistentRead: true }));
        return pages.flatMap(({ Items = [] }) => Items);
      },
      async stop() {
        raw.destroy();
        await emulator.stop();
        rmSync(folder, { recursive: true });
      },
    };
  },

  async 'the simulation'() {
    const choices = new Choices([]);
    const scheduler = new Scheduler(choices);
    scheduler.faultFree = true;
    const tables = new Tables(scheduler, choices);
    for (const [name, keys] of Object.entries(KEYS)) tables.create(name, { keys });
    const instance: Instance = { name: 'orders', skewMs: 0, deadline: Infinity, uninterrupted: true, alive: true };
    return { client: tables.clientOf(instance), items: async (name) => tables.items(name), async stop() {} };
  },
};

function tableOf(TableName: string, keys: Keys) {
  const isLater = TableName === 'later';
  const schema = (names: readonly string[]) =>
    names.map((AttributeName, index) => ({ AttributeName, KeyType: index === 0 ? 'HASH' : 'RANGE' }) as const);
  const index = {
    IndexName: DUE_INDEX,
    KeySchema: schema(DUE_KEYS),
    Projection: { ProjectionType: 'KEYS_ONLY' } as const,
  };
  const type = (key: string) => (key === 'version' ? 'N' : 'S');
  return {
    ...({ TableName, BillingMode: 'PAY_PER_REQUEST', KeySchema: schema(keys) } as const),
    AttributeDefinitions: [...keys, ...(isLater ? DUE_KEYS : [])].map(
      (key) => ({ AttributeName: key, AttributeType: type(key) }) as const,
    ),
    ...(isLater && { GlobalSecondaryIndexes: [index] }),
  };
}
