import { setTimeout as delay } from 'node:timers/promises';
import { TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import {
  type DynamoDBDocumentClient,
  TransactWriteCommand,
  type TransactWriteCommandInput,
} from '@aws-sdk/lib-dynamodb';

const ATTEMPTS = 4;
const FIRST_DELAY_MS = 20;

/**
 * TransactWriteItems that tries again when another transaction was at work on one of its items: DynamoDB answers
 * `TransactionConflict` then, and the SDK does not retry it.
 * @throws {TransactionCanceledException} for every other reason, or if the conflict outlasts four attempts
 */
export async function transact(
  client: DynamoDBDocumentClient,
  items: NonNullable<TransactWriteCommandInput['TransactItems']>,
): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await client.send(new TransactWriteCommand({ TransactItems: items }));
      return;
    } catch (error) {
      if (attempt === ATTEMPTS || !isConflict(error)) throw error;
      await delay(Math.random() * FIRST_DELAY_MS * 2 ** attempt);
    }
  }
}

function isConflict(error: unknown): boolean {
  if (!(error instanceof TransactionCanceledException)) return false;
  const codes = (error.CancellationReasons ?? []).map(({ Code }) => Code);
  return codes.includes('TransactionConflict') && !codes.includes('ConditionalCheckFailed');
}
