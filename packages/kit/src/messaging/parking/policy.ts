import type { MessageContract } from '../../contracts/contract.ts';
import { isPermanent, MissingDataError, UnreadableMessageError } from '../errors.ts';
import { type Envelope, isErasing, readMessage } from '../message.ts';
import { ageOf, lowestOf } from '../parked.ts';
import type { ParkedMessage } from '../subscriber-store.ts';
import { UnsentError } from '../unsent-error.ts';
import type { Sent } from './parking-writer.ts';

/** Determines which parked messages a sweep or a redrive retries. */
export interface RetryPolicy {
  /**
   * An operator requested the retry: messages that failed permanently, and messages whose retry time is not reached,
   * are retried, too.
   */
  redriven: boolean;
  /** Whether a held message is applied, too, because an operator released it or because it erases its aggregate. */
  released: boolean;
  /**
   * The capability is paused or skipped: only a message that erases its aggregate is applied. Messages that were
   * applied before are completed.
   */
  isOff: boolean;
  /** No aggregate gets a baseline, because a lower version may be in a dead-letter queue. */
  adoptsNothing?: boolean;
}

/**
 * The outcome for a parked message: it was removed (`obsolete`: without being applied now, see `ReleaseReport`), or is
 * still parked, possibly in a new state.
 */
export type ReleaseOutcome = { removedAs: 'applied' | 'obsolete' } | { parked: ParkedMessage; error?: Error };

/**
 * How long a late subscriber waits before it starts an aggregate above version 1, because lower versions may be in a
 * dead-letter queue. The sweep runs every minute, and parks dead letters before it retries messages, so one minute
 * would be enough. The other four minutes are a reserve for sweeps that fail.
 */
const ADOPT_AFTER_MS = 5 * 60_000;

/** The reason for parking a message whose attempt ended with this error. */
export function reasonOf(error: Error): 'unsent' | 'failed' | 'retry' {
  if (error instanceof UnsentError) return 'unsent';
  // Missing data has expired, or the function lacks permission to read it. A retry without a repair would fail again.
  return error instanceof MissingDataError || isPermanent(error) ? 'failed' : 'retry';
}

/**
 * Whether a parked message may be tried now. A message that waits for an operator is tried only at an operator's
 * request.
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

/** Whether an aggregate that has no cursor yet may start with this message. */
export const mayBegin = (parked: ParkedMessage, joinsLate: boolean, now: Date): boolean =>
  joinsLate && ageOf(parked, now) >= ADOPT_AFTER_MS;

/** Whether the function may have crashed while it processed the first message that is not applied yet. */
export function isSuspect(queue: readonly ParkedMessage[]): boolean {
  const lowest = lowestOf(queue);
  return lowest?.reason === 'retry' && Boolean(lowest.unanswered);
}

export interface Reading {
  contracts: readonly MessageContract[];
  /** Reads a parked message. @throws {UnreadableMessageError} if it is unreadable or of an unexpected type or sender */
  readParked: (parked: Sent) => Envelope;
}

/**
 * Whether a message erases its aggregate, so that earlier messages can be dropped. False if the message itself cannot
 * be applied, or was already applied (`unsent`).
 */
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
