import type { ProcessState } from '@rollcall/kit/messaging';
import type { RedemptionData } from './redemption.process.ts';

/** A redemption as the API returns it. */
export interface Operation extends Pick<RedemptionData, 'memberId' | 'points' | 'deadline'> {
  id: string;
  createdAt: string;
  outcome: OperationOutcome;
}

export type OperationOutcome =
  | { state: 'pending' }
  | { state: 'succeeded'; balance: number; settledAt: string }
  | { state: 'failed'; because: 'not-enough-points' | 'account-closed'; balance: number }
  /**
   * `compensation` is set after a late reply. It states whether points must be returned, and whether they have been
   * returned.
   */
  | { state: 'expired'; compensation?: 'not-needed' | 'pending' | 'done' };

/** Converts the process of a redemption to its operation. */
export function operationOf(process: ProcessState<RedemptionData>): Operation {
  const { memberId, points, deadline } = process.data;
  return { id: process.id, memberId, points, deadline, createdAt: process.startedAt, outcome: outcomeOf(process) };
}

function outcomeOf({
  data: { answer },
  progress: { state },
  unknown,
  undone,
}: ProcessState<RedemptionData>): OperationOutcome {
  if (state === 'running') return { state: 'pending' };
  if (answer && state === 'completed')
    return { state: 'succeeded', balance: answer.balance, settledAt: answer.settledAt };
  if (answer?.outcome === 'not-enough-points' || answer?.outcome === 'account-closed')
    return { state: 'failed', because: answer.outcome, balance: answer.balance };
  if (unknown.length > 0) return { state: 'expired' };
  if (state === 'failed') return { state: 'expired', compensation: undone.length > 0 ? 'done' : 'not-needed' };
  return { state: 'expired', compensation: 'pending' };
}
