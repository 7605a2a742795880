import type { TransactItem } from '@rollcall/kit/messaging';

/** The item that carries a member's balance, and the cursor. */
export const ACCOUNT = 'account';
const LEDGER_PREFIX = 'ledger#';

/** A change of a balance. Entries contain no personal data, and stay. */
export interface LedgerEntry {
  points: number;
  reason: 'registration' | 'redemption' | 'return';
  at: string;
}

/** The first entry is the attribute `opening` of the account, and costs no write of its own; the others are items. */
export type Booked = LedgerEntry & { messageId: string };

/** For a query of an account and its ledger: the first and the last sort key. */
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

/** The ledger in the items under a member's key, which are ordered by sort key. */
export function ledgerOf(items: ReadonlyArray<Record<string, unknown>>): Booked[] {
  return items.flatMap(({ sk, opening, points, reason, at }) => {
    if (sk === ACCOUNT) return opening === undefined ? [] : [opening as Booked];
    const id = String(sk);
    return id.startsWith(LEDGER_PREFIX)
      ? [{ messageId: id.slice(LEDGER_PREFIX.length), points, reason, at } as Booked]
      : [];
  });
}
