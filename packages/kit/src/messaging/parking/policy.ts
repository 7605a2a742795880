import type { MessageContract } from '../../contracts/contract.ts';
import { isPermanent, MissingDataError, UnreadableMessageError } from '../errors.ts';
import { type Envelope, isErasing, readMessage } from '../message.ts';
import { ageOf, lowestOf } from '../parked.ts';
import type { ParkedMessage } from '../subscriber-store.ts';
import { UnsentError } from '../unsent-error.ts';
import type { Sent } from './parking-writer.ts';

/** The policy by which parked messages are retried. */
export interface RetryPolicy {
  /** By an operator: also messages that failed permanently. */
  redriven: boolean;
  /** Also held messages. */
  released: boolean;
  /** The capability is switched off: nothing is applied, but applied messages are completed. */
  isOff: boolean;
  /** No aggregate adopts a baseline, because a lower version may be in a dead-letter queue. */
  adoptsNothing?: boolean;
}

/**
 * The outcome for a parked message: removedAs (`obsolete`: applied before, or its subject was erased), or left in its new
 * state.
 */
export type ReleaseOutcome = { removedAs: 'applied' | 'obsolete' } | { left: ParkedMessage; error?: Error };

/**
 * The lower versions of an aggregate that a late subscriber receives above version 1 may be in a dead-letter queue. The
 * sweep parks those before it tries anything: a minute later at most, and three more if sweeps fail.
 */
const ADOPT_AFTER_MS = 5 * 60_000;

/** The reason for parking a message whose attempt ended with this error. */
export function reasonOf(error: Error): 'unsent' | 'failed' | 'retry' {
  if (error instanceof UnsentError) return 'unsent';
  // Data that is still missing after all attempts does not reappear by itself.
  return error instanceof MissingDataError || isPermanent(error) ? 'failed' : 'retry';
}

/**
 * Whether a parked message may be tried now. A message that waits for a person is tried only on an operator's request.
 */
export function isDue(
  { reason, nextTryAt = '' }: ParkedMessage,
  { redriven, released, isOff }: RetryPolicy,
  now: Date,
): boolean {
  if (isOff) return false;
  if (reason === 'held') return released;
  if (redriven || reason === 'gap') return true;
  return (reason === 'retry' || reason === 'unsent') && Date.parse(nextTryAt) <= now.getTime();
}

/** Whether an aggregate without a cursor may start with this message. */
export const mayBegin = (parked: ParkedMessage, joinsLate: boolean, now: Date): boolean =>
  joinsLate && ageOf(parked, now) >= ADOPT_AFTER_MS;

/** Whether the function crashed during the message that is to be applied first. */
export function isSuspect(queue: readonly ParkedMessage[]): boolean {
  const lowest = lowestOf(queue);
  return lowest?.reason === 'retry' && Boolean(lowest.unanswered);
}

export interface Reading {
  contracts: readonly MessageContract[];
  /** @throws {UnreadableMessageError} if it is unreadable or of an unexpected type */
  readParked: (parked: Sent) => Envelope;
}

/** Whether earlier messages are dropped in its favour; not if it cannot be applied itself. */
export function erases(parked: ParkedMessage, { contracts, readParked }: Reading): boolean {
  const { type = '', reason } = parked;
  if (!isErasing({ type }, contracts) || ['unreadable', 'failed', 'unsent'].includes(reason)) return false;
  try {
    readMessage(readParked(parked), contracts);
    return true;
  } catch (error) {
    if (error instanceof UnreadableMessageError) return false;
    throw error;
  }
}
