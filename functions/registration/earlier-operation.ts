import type { ProcessState } from '@rollcall/kit/messaging';
import type { RedemptionData } from './redemption.process.ts';

type Settled = NonNullable<RedemptionData['answer']>['outcome'];

/** A redemption in the format that was stored before redemptions became processes. */
export interface EarlierOperation {
  id: string;
  memberId: string;
  points: number;
  createdAt: string;
  deadline: string;
  outcome:
    | { state: 'pending' }
    | { state: 'succeeded' | 'failed'; because?: Settled; balance: number; settledAt?: string }
    | { state: 'expired'; lateAnswer?: Settled; returnedAt?: string };
}

/** Converts an earlier operation to the equivalent process. */
export function processOf(earlier: EarlierOperation): ProcessState<RedemptionData> {
  const { id, memberId, points, createdAt, deadline, outcome } = earlier;
  const { state } = outcome;
  const expiresIn = (Date.parse(deadline) - Date.parse(createdAt)) / 1000;
  const { lateAnswer, returnedAt } = state === 'expired' ? outcome : {};
  const awaits = { step: 'redeem', attempt: 1, until: deadline } as const;
  const hasTakenPoints = state === 'succeeded' || (lateAnswer === 'succeeded' && returnedAt === undefined);
  const data: RedemptionData = { operationId: id, memberId, points, expiresIn, deadline };
  if ('balance' in outcome) {
    const { balance, because = 'succeeded', settledAt = deadline } = outcome;
    data.answer = { memberId, points, balance, settledAt, outcome: because };
  }
  return {
    ...{ id, data, version: 1, startedAt: createdAt, changedAt: createdAt },
    progress:
      state === 'pending'
        ? { state: 'running', awaits: { ...awaits, action: 'do' } }
        : state === 'succeeded'
          ? { state: 'completed' }
          : hasTakenPoints
            ? { state: 'compensating', awaits: { ...awaits, action: 'undo' } }
            : { state: 'failed' },
    done: hasTakenPoints ? ['redeem'] : [],
    undone: returnedAt === undefined ? [] : ['redeem'],
    unknown: state === 'expired' && lateAnswer === undefined ? ['redeem'] : [],
    ...(state === 'expired' && { because: 'redeem had no reply in time' }),
  };
}
