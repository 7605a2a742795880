import type { TransactItem } from '@rollcall/kit/messaging';

/** The sort key of the item that holds both a member's balance and the event consumer's cursor for the member. */
export const ACCOUNT = 'account';
const LEDGER_PREFIX = 'ledger#';

/** A change of a balance. Entries contain no personal data and are never deleted. */
export interface LedgerEntry {
  points: number;
  reason: 'registration' | 'redemption' | 'return';
  at: string;
}

/**
 * A stored entry. The first entry is the attribute `opening` of the account's item, so that it needs no separate write.
 * Each later entry is a separate item.
 */
export type StoredEntry = LedgerEntry & { messageId: string };

/** The first and the last sort key of a query for an account and its ledger. */
export const LEDGER_RANGE = { first: ACCOUNT, last: `${LEDGER_PREFIX}~` };

export const ledgerPut = (
  tableName: string,
  memberId: string,
  messageId: string,
  entry: LedgerEntry,
): TransactItem => ({
  Put: {
    TableName: tableName,
    Item: { pk: memberId, sk: `${LEDGER_PREFIX}${messageId}`, ...entry },
    ConditionExpression: 'attribute_not_exists(pk)',
  },
});

/** Extracts the ledger from the items of a member, which must be in the order of their sort keys. */
export function ledgerOf(items: ReadonlyArray<Record<string, unknown>>): StoredEntry[] {
  return items.flatMap(({ sk, opening, points, reason, at }) => {
    if (sk === ACCOUNT) return opening === undefined ? [] : [opening as StoredEntry];
    const id = String(sk);
    return id.startsWith(LEDGER_PREFIX)
      ? [{ messageId: id.slice(LEDGER_PREFIX.length), points, reason, at } as StoredEntry]
      : [];
  });
}
