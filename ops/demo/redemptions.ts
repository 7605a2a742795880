import type { ProcessState } from '@rollcall/kit/messaging';
import { type OperationOutcome, operationOf } from '../../functions/registration/operation.ts';
import type { RedemptionData } from '../../functions/registration/redemption.process.ts';
import type { Holdings, Item } from './services.ts';

/** A redemption that a client requested. */
export interface RequestedRedemption {
  /** The id of the operation. If the API refused the request, a text that is not the id of an operation. */
  id: string;
  memberId: string;
  points: number;
}

export interface RedemptionVerdict {
  requested: number;
  succeeded: number;
  failed: number;
  /**
   * Redemptions without a reply in time. They are also counted as `lost` if no reply arrived later, or if points were
   * not returned.
   */
  expired: number;
  /** Operations whose outcome is unknown or pending, that never got a reply, or whose points were not returned. */
  lost: number;
  /** Members whose points were taken or returned more or less often than their operations require. */
  duplicated: number;
  /** The findings, by member. */
  findings: Array<{ memberId: string; kind: 'lost' | 'duplicated'; what: string }>;
}

/** The outcome of an operation, or the reason why it is unknown. Data that another release stored may be unreadable. */
export function outcomeOf(item: Item | undefined): OperationOutcome | string {
  if (item === undefined) return 'missing';
  try {
    return operationOf(item as unknown as ProcessState<RedemptionData>).outcome;
  } catch (error) {
    return `unreadable: ${(error as Error).message}`;
  }
}

/** Compares the requested redemptions with the operations and with the ledger. */
export function compareRedemptions(
  requested: readonly RequestedRedemption[],
  members: readonly Item[],
  { points }: Pick<Holdings['items'], 'points'>,
): RedemptionVerdict {
  const verdict: RedemptionVerdict = {
    requested: requested.length,
    succeeded: 0,
    failed: 0,
    expired: 0,
    lost: 0,
    duplicated: 0,
    findings: [],
  };
  const operations = new Map(members.map((item) => [item.pk, item]));
  const ledgers = Map.groupBy(points, ({ pk }) => pk);
  for (const [memberId, redemptions] of Map.groupBy(requested, (one) => one.memberId)) {
    const found = (kind: 'lost' | 'duplicated', what: string) => {
      verdict[kind]++;
      verdict.findings.push({ memberId, kind, what });
    };
    let [taken, returned] = [0, 0];
    for (const { id } of redemptions) {
      const outcome = outcomeOf(operations.get(`operation#${id}`));
      if (typeof outcome === 'string' || outcome.state === 'pending') {
        found('lost', `operation ${id} is ${typeof outcome === 'string' ? outcome : outcome.state}`);
        continue;
      }
      verdict[outcome.state]++;
      if (outcome.state === 'succeeded') taken++;
      if (outcome.state !== 'expired') continue;
      const { compensation } = outcome;
      if (compensation === undefined) found('lost', `operation ${id} expired, and no reply has arrived since`);
      if (compensation === undefined || compensation === 'not-needed') continue;
      taken++;
      if (compensation === 'pending') found('lost', `operation ${id} expired, and its points were not returned`);
      else returned++;
    }
    const ledger = ledgers.get(memberId) ?? [];
    const entries = (kind: string) => ledger.filter(({ reason }) => reason === kind).length;
    if (entries('redemption') !== taken || entries('return') !== returned) {
      const what = `${taken} redemptions and ${returned} returns, but the ledger contains ${entries('redemption')} and ${entries('return')}`;
      found('duplicated', what);
    }
  }
  return verdict;
}
