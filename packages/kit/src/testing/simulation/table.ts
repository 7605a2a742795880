import type { TransactItem } from '../../messaging/outbox.ts';
import type { Item } from './expressions.ts';

export interface TableOptions {
  keys: readonly [string] | readonly [string, string];
  /** Transforms an item before it is put. */
  onPut?: (item: Item) => Item;
  /** Whether writes can happen during a query of this table, as in DynamoDB, where a query is not isolated. */
  hasInterleavedQueries?: boolean;
}

export interface Table extends TableOptions {
  name: string;
  /** Rows by key, in insertion order, each with the number of its writes and the time of the last write. */
  rows: Map<string, { item: Item; writes: number; at: number }>;
  /** The content of the index at the previous scan, which a lagging index returns again. */
  lastIndexed: readonly Item[];
}

/** The change of one item by a transaction or a single write. */
export interface Change {
  table: string;
  before: Item | undefined;
  after: Item | undefined;
}

export function inOrder(items: readonly Item[], { keys: [, range = ''] }: Table): Item[] {
  const rangeKeyOf = (item: Item) => item[range] as string;
  return items.toSorted((a, b) => (rangeKeyOf(a) < rangeKeyOf(b) ? -1 : 1));
}

export const partitionsOf = (table: Table): Item[][] => [
  ...Map.groupBy(
    [...table.rows.values()].map(({ item }) => item),
    (item) => item[table.keys[0]],
  ).values(),
];

/** A write, for the trace. */
export function descriptionOf({ Put, Update, Delete, ConditionCheck }: TransactItem): string {
  if (Put)
    return `puts ${Put.TableName} ${Object.values(Put.Item ?? {})
      .slice(0, 2)
      .join(' ')}`;
  const { TableName, Key, ConditionExpression = '' } = { ...(Update ?? Delete ?? ConditionCheck) };
  const key = Object.values(Key ?? {}).join(' ');
  if (Delete) return `deletes ${TableName} ${key}`;
  const after = Update?.ExpressionAttributeValues?.[':after'];
  const expected = ConditionExpression.includes('#version') ? ` on v${after ?? 0}` : '';
  return `${Update ? 'updates' : 'checks'} ${TableName} ${key}${expected}`;
}
