import {
  BulkheadFullError,
  CircuitOpenError,
  NoInstanceError,
  OutOfTimeError,
  RejectedError,
  RemoteError,
  ThrottledError,
  UnavailableError,
} from '../resilience/errors.ts';
import { PermanentError, PostponedError, TransientError } from './errors.ts';

/** How long to wait for an instance to register, or for room in a bulkhead. */
const SOON_MS = 2_000;
const SOON = [BulkheadFullError, NoInstanceError, OutOfTimeError];

/**
 * When a call that failed may be made again at the soonest; undefined: nothing says so.
 * @beta
 */
export function callableAgainFrom(error: Error, now: Date): Date | undefined {
  if (error instanceof CircuitOpenError) return error.until;
  if (error instanceof ThrottledError) return new Date(now.getTime() + error.retryAfterMs);
  return SOON.some((kind) => error instanceof kind) ? new Date(now.getTime() + SOON_MS) : undefined;
}

/**
 * What the failure of a remote call means to the message that asked for it: a refusal is for good, what says when to come
 * again postpones the message, and the rest is tried again. Another error is what it was.
 */
export function messagingErrorOf(error: Error, now: Date): Error {
  if (!(error instanceof RemoteError)) return error;
  if (error instanceof RejectedError) return new PermanentError(error.message, { cause: error });
  // Of one that says nothing of it, the outcome is unknown.
  const options = { cause: error, outcomeUnknown: !(error instanceof UnavailableError) || error.outcomeUnknown };
  const until = callableAgainFrom(error, now);
  return until ? new PostponedError(error.message, until, options) : new TransientError(error.message, options);
}

/** Runs what a handler does, so that a failed call of it says what becomes of the message. */
export async function withMessagingErrors<T>(now: () => Date, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    throw messagingErrorOf(error as Error, now());
  }
}
