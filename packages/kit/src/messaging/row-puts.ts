import type { ClaimCheck } from './claim-check.ts';
import { type OutboxRow, outboxPut, type TransactItem } from './outbox.ts';

/**
 * What commits outbox rows. The data of their large messages is kept before: nothing refers to what is not there.
 * @throws {Error} if a message is large, and nothing keeps its data: a defect of the caller
 */
export async function rowPuts(
  { outboxTable, claimCheck }: { outboxTable: string; claimCheck?: ClaimCheck | undefined },
  rows: readonly OutboxRow[],
): Promise<TransactItem[]> {
  const messages = rows.flatMap((row) => row.messages);
  const large = messages.find(({ claim }) => claim);
  if (large && !claimCheck)
    throw new Error(
      `${large.type} to ${large.channel} is large: give who sends it (createPublisher, createOutboxWriter, createProcess) a \`claimCheck\``,
    );
  if (large) await claimCheck?.keep(messages);
  return rows.map((row) => outboxPut(outboxTable, row));
}
