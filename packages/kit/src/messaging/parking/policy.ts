import type { MessageContract } from '../../contracts/contract.ts';
import { isPermanent, MissingDataError, UnreadableMessageError } from '../errors.ts';
import { type Envelope, isErasing, readMessage } from '../message.ts';
import { ageOf, lowestOf } from '../parked.ts';
import type { ParkedMessage } from '../subscriber-store.ts';
import { UnsentError } from '../unsent-error.ts';
import type { Sent } from './place.ts';

/** On whose behalf parked messages are tried. */
export interface How {
  /** A person's: also what failed for good. */
  redriven: boolean;
  /** Also what is held. */
  released: boolean;
  /** The capability is switched off: nothing is applied, but what was is settled. */
  isOff: boolean;
  /** Nothing adopts a baseline: a lower version may lie among the dead letters. */
  adoptsNothing?: boolean;
}

/** What became of a parked message: it is gone (`obsolete`: applied before, or its subject left), or left as it is now. */
export type Released = { gone: 'applied' | 'obsolete' } | { left: ParkedMessage; error?: Error };

/**
 * The lower versions of an aggregate that a late subscriber meets above version 1 may lie among the dead letters, which the
 * sweep parks before it tries anything: a minute later at most, and three more if sweeps fail.
 */
const ADOPT_AFTER_MS = 5 * 60_000;

/** Why a message is set aside whose try ended so. */
export function reasonOf(error: Error): 'unsent' | 'failed' | 'retry' {
  if (error instanceof UnsentError) return 'unsent';
  // Data that was missing each time does not come back by itself.
  return error instanceof MissingDataError || isPermanent(error) ? 'failed' : 'retry';
}

/** Whether a parked message may be tried now; what waits for a person is tried when a person says so. */
export function isDue(
  { reason, nextTryAt = '' }: ParkedMessage,
  { redriven, released, isOff }: How,
  now: Date,
): boolean {
  if (isOff) return false;
  if (reason === 'held') return released;
  if (redriven || reason === 'gap') return true;
  return (reason === 'retry' || reason === 'unsent') && Date.parse(nextTryAt) <= now.getTime();
}

/** Whether an aggregate without cursor may begin with this message. */
export const mayBegin = (parked: ParkedMessage, joinsLate: boolean, now: Date): boolean =>
  joinsLate && ageOf(parked, now) >= ADOPT_AFTER_MS;

/** Whether the function died over what is to be applied first. */
export function isSuspect(queue: readonly ParkedMessage[]): boolean {
  const lowest = lowestOf(queue);
  return lowest?.reason === 'retry' && Boolean(lowest.unanswered);
}

export interface Reading {
  contracts: readonly MessageContract[];
  /** @throws {UnreadableMessageError} if it cannot be read, or is none that is expected */
  readParked: (parked: Sent) => Envelope;
}

/** Whether the others make way for it. One that cannot be applied itself makes way for nothing. */
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
