import { BatchWriteCommand, paginateScan } from '@aws-sdk/lib-dynamodb';
import type { TestCloud } from './cloud.ts';

type Item = Record<string, any>;

/** Copies a table's items. Tests use this instead of point-in-time recovery, which the embedded cloud does not have. */
export async function copyOf(cloud: TestCloud, table: string): Promise<Item[]> {
  const items: Item[] = [];
  const pages = paginateScan({ client: cloud.dynamodb }, { TableName: `rollcall-dev-${table}`, ConsistentRead: true });
  for await (const { Items = [] } of pages) items.push(...Items);
  return items;
}

const KEYS: Record<string, string[]> = { members: ['pk'], outbox: ['aggregateId', 'version'] };

/** Restores a table's old items, and deletes newer items. */
export async function restore(cloud: TestCloud, table: string, items: readonly Item[]): Promise<void> {
  const names = KEYS[table] ?? ['pk', 'sk'];
  const keyOf = (item: Item) => Object.fromEntries(names.map((name) => [name, item[name]]));
  const kept = new Set(items.map((item) => JSON.stringify(keyOf(item))));
  const gone = (await copyOf(cloud, table)).map(keyOf).filter((key) => !kept.has(JSON.stringify(key)));
  const requests = [
    ...gone.map((Key) => ({ DeleteRequest: { Key } })),
    ...items.map((Item) => ({ PutRequest: { Item } })),
  ];
  while (requests.length > 0) {
    const RequestItems = { [`rollcall-dev-${table}`]: requests.splice(0, 25) };
    await cloud.dynamodb.send(new BatchWriteCommand({ RequestItems }));
  }
}
