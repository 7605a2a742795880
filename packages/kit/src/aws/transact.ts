import { setTimeout as delay } from 'node:timers/promises';
import { type AttributeValue, TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import {
  type DynamoDBDocumentClient,
  TransactWriteCommand,
  type TransactWriteCommandInput,
} from '@aws-sdk/lib-dynamodb';

const ATTEMPTS = 4;
const FIRST_DELAY_MS = 20;

/** Transient cancellation reasons. The SDK does not retry a transaction that was canceled for one of these reasons. */
const TRANSIENT = new Set(['TransactionConflict', 'ThrottlingError', 'ProvisionedThroughputExceeded']);

/**
 * Calls TransactWriteItems. Makes up to four attempts if another transaction holds one of the items, or if the table is
 * throttled.
 * @throws {TransactionCanceledException} if the transaction is canceled for any other reason, or after the last
 * attempt. `$metadata.attempts` of the exception is one plus the number of the SDK's own retries in all attempts. If it
 * is above one, the SDK sent a request again. The earlier request may have succeeded, and only its response was lost.
 * Its write may have made a condition of the repeated request fail.
 * @public
 */
export async function transact(
  client: DynamoDBDocumentClient,
  items: NonNullable<TransactWriteCommandInput['TransactItems']>,
): Promise<void> {
  let retries = 0;
  for (let attempt = 1; ; attempt++) {
    try {
      await client.send(new TransactWriteCommand({ TransactItems: items }));
      return;
    } catch (error) {
      if (error instanceof TransactionCanceledException) {
        retries += (error.$metadata.attempts ?? 1) - 1;
        error.$metadata.attempts = 1 + retries;
      }
      if (attempt === ATTEMPTS || !isTransient(error)) throw error;
      await delay(Math.random() * FIRST_DELAY_MS * 2 ** attempt);
    }
  }
}

/**
 * The stored item that did not meet the condition of the write at `index` of the transaction; an empty object if there
 * is no such item, or the write does not request it; undefined if this condition did not fail.
 */
export function itemOfFailedCondition(error: unknown, index: number): Record<string, AttributeValue> | undefined {
  if (!(error instanceof TransactionCanceledException)) return undefined;
  const reason = error.CancellationReasons?.[index];
  return reason?.Code === 'ConditionalCheckFailed' ? (reason.Item ?? {}) : undefined;
}

/**
 * Whether the transaction was canceled only because other transactions held its items, even after the retries of
 * `transact`.
 */
export const isConflict = (error: unknown): boolean =>
  isCanceledOnlyBy(error, (code) => code === 'TransactionConflict');

const isTransient = (error: unknown): boolean => isCanceledOnlyBy(error, (code) => TRANSIENT.has(code));

function isCanceledOnlyBy(error: unknown, matches: (code: string) => boolean): boolean {
  if (!(error instanceof TransactionCanceledException)) return false;
  const codes = (error.CancellationReasons ?? []).map(({ Code = 'None' }) => Code).filter((code) => code !== 'None');
  return codes.length > 0 && codes.every(matches);
}
