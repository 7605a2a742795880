import { createHash } from 'node:crypto';
import { draftTo, type Message } from '@rollcall/kit/messaging';
import type * as z from 'zod';
import { pointsCommands, registrationOutcomes } from '../../shared/contracts/channels.ts';
import type { Redemption } from '../../shared/contracts/operation.ts';
import { redeemPoints } from '../../shared/contracts/redeem-points.v1.ts';
import type { redemptionSettled } from '../../shared/contracts/redemption-settled.v1.ts';
import { returnPoints } from '../../shared/contracts/return-points.v1.ts';

/** A redemption that somebody asked for. */
export interface Operation {
  id: string;
  memberId: string;
  points: number;
  createdAt: string;
  deadline: string;
  /** Of the request, so that its repetition is known from another with the same key. */
  fingerprint: string;
  outcome: Outcome;
}

type Settled = z.output<typeof redemptionSettled.data>;

export type Outcome =
  | { state: 'pending' }
  | { state: 'succeeded'; balance: number; settledAt: string }
  | { state: 'failed'; because: 'not-enough-points' | 'account-closed'; balance: number }
  | { state: 'expired'; lateAnswer?: Settled['outcome']; returnedAt?: string };

export interface RedemptionRequest extends Redemption {
  memberId: string;
  operationId: string;
}

/** An operation, and the command that it begins with. */
export function beginRedemption(request: RedemptionRequest, now: Date) {
  const { memberId, operationId, points, expiresIn } = request;
  const deadline = new Date(now.getTime() + expiresIn * 1000).toISOString();
  const operation: Operation = {
    id: operationId,
    memberId,
    points,
    createdAt: now.toISOString(),
    deadline,
    fingerprint: fingerprint(request),
    outcome: { state: 'pending' },
  };
  const command = draftTo(pointsCommands, redeemPoints, { memberId, points, deadline }, ANSWERED);
  return { operation, command };
}

const ANSWERED = { replyTo: registrationOutcomes };

export const isOverdue = ({ outcome, deadline }: Operation, now: Date): boolean =>
  outcome.state === 'pending' && Date.parse(deadline) <= now.getTime();

/** The operation as of now: nobody who has seen it expired shall ever see it succeed. */
export const expire = (operation: Operation): Operation => ({ ...operation, outcome: { state: 'expired' } });

/** What an answer makes of an operation, and whether points that were taken must go back; nothing, if it is known. */
export function settle(
  operation: Operation,
  answer: Settled,
  now: Date,
): { outcome: Outcome; returns: boolean } | undefined {
  const { outcome } = operation;
  if (outcome.state === 'expired' ? outcome.lateAnswer !== undefined : outcome.state !== 'pending') return undefined;
  // Whose clock says that it is too late does not matter.
  if (outcome.state === 'expired' || isOverdue(operation, now) || answer.outcome === 'deadline-passed') {
    return { outcome: { state: 'expired', lateAnswer: answer.outcome }, returns: answer.outcome === 'succeeded' };
  }
  const { balance, settledAt } = answer;
  if (answer.outcome === 'succeeded') return { outcome: { state: 'succeeded', balance, settledAt }, returns: false };
  return { outcome: { state: 'failed', because: answer.outcome, balance }, returns: false };
}

/** The command by which the points of an operation go back. */
export const returning = ({ id, memberId, points }: Operation) =>
  draftTo(pointsCommands, returnPoints, { memberId, points, redemption: id }, ANSWERED);

/** What began a conversation tells which operation an answer is for. */
export const operationOf = ({ correlationid = '' }: Pick<Message, 'correlationid'>) => correlationid;

const fingerprint = ({ memberId, points, expiresIn }: RedemptionRequest) =>
  createHash('sha256')
    .update(JSON.stringify([memberId, points, expiresIn]))
    .digest('base64url');
