import type { TransactItem } from '../outbox.ts';

/** The key of the scheduled message that an item of a transaction writes; undefined if the item is in another table. */
function scheduledKeyOf({ Put, Delete, Update, ConditionCheck }: TransactItem, laterTable: string): string | undefined {
  const { TableName, ...item } = Put ?? Delete ?? Update ?? ConditionCheck ?? { TableName: undefined };
  if (TableName !== laterTable) return undefined;
  const { subject, name } = ('Item' in item ? item.Item : 'Key' in item ? item.Key : undefined) ?? {};
  return JSON.stringify([subject, name]);
}

/**
 * Removes from `items` the unconditional deletions of scheduled messages that `others` cancel or replace, because
 * DynamoDB rejects a transaction with two operations on one item
 * (https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html).
 */
export function withoutDuplicateWrites(
  items: readonly TransactItem[],
  others: readonly TransactItem[],
  laterTable: string,
): TransactItem[] {
  const written = new Set(others.map((other) => scheduledKeyOf(other, laterTable)));
  const isDeletion = ({ Delete }: TransactItem) => Delete !== undefined && Delete.ConditionExpression === undefined;
  return items.filter((item) => {
    const key = isDeletion(item) ? scheduledKeyOf(item, laterTable) : undefined;
    return key === undefined || !written.has(key);
  });
}
