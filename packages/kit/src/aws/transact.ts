import { setTimeout as delay } from 'node:timers/promises';
import { type AttributeValue, TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import {
  type DynamoDBDocumentClient,
  TransactWriteCommand,
  type TransactWriteCommandInput,
} from '@aws-sdk/lib-dynamodb';

const ATTEMPTS = 4;
const FIRST_DELAY_MS = 20;

/** Reasons that may be gone a moment later; the SDK retries none of them when they cancel a transaction. */
const PASSING = new Set(['TransactionConflict', 'ThrottlingError', 'ProvisionedThroughputExceeded']);

/**
 * TransactWriteItems that tries again, four times at most, when another transaction was at work on one of its items or
 * the table was throttled.
 * @throws {TransactionCanceledException} for every other reason, or if it does not pass; `$metadata.attempts` counts what the
 * SDK tried again in all of them, as an attempt whose answer it did not get may be what refuses the last
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
      if (attempt === ATTEMPTS || !mayPass(error)) throw error;
      await delay(Math.random() * FIRST_DELAY_MS * 2 ** attempt);
    }
  }
}

/** The item at `index` of a transaction as it was when its condition refused the write; nothing, if it did not. */
export function refusedBy(error: unknown, index: number): Record<string, AttributeValue> | undefined {
  if (!(error instanceof TransactionCanceledException)) return undefined;
  const reason = error.CancellationReasons?.[index];
  return reason?.Code === 'ConditionalCheckFailed' ? (reason.Item ?? {}) : undefined;
}

/** Whether nothing but other transactions at work on the same items refused it, for longer than `transact` waits. */
export const isConflict = (error: unknown): boolean => isCanceledBy(error, (code) => code === 'TransactionConflict');

const mayPass = (error: unknown): boolean => isCanceledBy(error, (code) => PASSING.has(code));

function isCanceledBy(error: unknown, isOf: (code: string) => boolean): boolean {
  if (!(error instanceof TransactionCanceledException)) return false;
  const codes = (error.CancellationReasons ?? []).map(({ Code = 'None' }) => Code).filter((code) => code !== 'None');
  return codes.length > 0 && codes.every(isOf);
}
