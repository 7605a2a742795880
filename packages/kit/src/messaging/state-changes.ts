import { ConditionalCheckFailedException, TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import { DeleteCommand, type DynamoDBDocumentClient, PutCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { transact } from '../aws/transact.ts';
import type { TransactItem } from './outbox.ts';
import type { SetOnce, SubscriberStore } from './subscriber-store.ts';

interface PendingChange {
  once: SetOnce;
  result: PromiseWithResolvers<void>;
}

/**
 * Creates a function that writes the changes of messages that need no cursor, because their handlers are idempotent by
 * state.
 */
export function stateChanges(client: DynamoDBDocumentClient): SubscriberStore['change'] {
  const setOnce = batchedByItem((once) => client.send(updateOf(once)));

  return async ({ writes = [], setOnce: once }) => {
    if (once) await setOnce(once);
    const [first, ...others] = writes;
    if (!first) return true;
    try {
      if (others.length > 0) await transact(client, [...writes]);
      else await writeAlone(client, first);
      return true;
    } catch (error) {
      if (isRefusal(error)) return false;
      throw error;
    }
  };
}

/** Makes a single write, which costs half as much as a transaction. */
async function writeAlone(client: DynamoDBDocumentClient, { Put, Update, Delete }: TransactItem): Promise<void> {
  if (Put) await client.send(new PutCommand(Put));
  else if (Update) await client.send(new UpdateCommand({ ...Update, UpdateExpression: Update.UpdateExpression ?? '' }));
  else if (Delete) await client.send(new DeleteCommand(Delete));
  else throw new Error('a condition check without another write changes nothing');
}

const isRefusal = (error: unknown): boolean =>
  error instanceof ConditionalCheckFailedException ||
  (error instanceof TransactionCanceledException &&
    (error.CancellationReasons ?? []).some(({ Code }) => Code === 'ConditionalCheckFailed'));

function updateOf({ tableName, key, attributes }: SetOnce): UpdateCommand {
  const all = Object.entries(attributes);
  return new UpdateCommand({
    TableName: tableName,
    Key: key,
    UpdateExpression: `SET ${all.map((_, i) => `#a${i} = if_not_exists(#a${i}, :a${i})`).join(', ')}`,
    ExpressionAttributeNames: Object.fromEntries(all.map(([name], i) => [`#a${i}`, name])),
    ExpressionAttributeValues: Object.fromEntries(all.map(([, value], i) => [`:a${i}`, value])),
  });
}

/**
 * Creates a function that writes a change. The function combines concurrent changes of the same item into one write. If
 * the combined write fails, each change is written separately.
 */
function batchedByItem(write: (once: SetOnce) => Promise<unknown>): (once: SetOnce) => Promise<void> {
  let waiting: PendingChange[] = [];

  async function writeAll(changes: readonly PendingChange[]): Promise<void> {
    const [{ once }] = changes as [PendingChange];
    // The first value of an attribute has precedence, as it would if the changes were written one after the other.
    const attributes = Object.assign({}, ...changes.map(({ once }) => once.attributes).reverse());
    try {
      await write({ ...once, attributes });
      for (const { result } of changes) result.resolve();
    } catch (error) {
      if (changes.length === 1) changes[0]?.result.reject(error);
      else for (const change of changes) await writeAll([change]);
    }
  }

  function flush(): void {
    const byItem = Map.groupBy(waiting, ({ once: { tableName, key } }) => JSON.stringify([tableName, key]));
    waiting = [];
    for (const changes of byItem.values()) void writeAll(changes);
  }

  return (once) => {
    const result = Promise.withResolvers<void>();
    waiting.push({ once, result });
    if (waiting.length === 1) setImmediate(flush);
    return result.promise;
  };
}
