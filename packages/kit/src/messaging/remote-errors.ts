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

/**
 * How long to wait for an instance to register, for capacity in a bulkhead, or for an invocation with more time left.
 */
const SOON_MS = 2_000;
const SOON = [BulkheadFullError, NoInstanceError, OutOfTimeError];

/**
 * The earliest time at which a failed call may be made again; undefined if the error does not imply such a time.
 * @beta
 */
export function callableAgainFrom(error: Error, now: Date): Date | undefined {
  if (error instanceof CircuitOpenError) return error.until;
  if (error instanceof ThrottledError) return new Date(now.getTime() + error.retryAfterMs);
  return SOON.some((kind) => error instanceof kind) ? new Date(now.getTime() + SOON_MS) : undefined;
}

/**
 * Converts the error of a remote call to a messaging error. A rejection becomes a `PermanentError`, an error with a
 * retry time becomes a `PostponedError`, and any other error of the call becomes a `TransientError`. Errors of other
 * kinds are returned unchanged.
 */
export function messagingErrorOf(error: Error, now: Date): Error {
  if (!(error instanceof RemoteError)) return error;
  if (error instanceof RejectedError) return new PermanentError(error.message, { cause: error });
  // The outcome is unknown, unless the error states otherwise.
  const options = { cause: error, outcomeUnknown: !(error instanceof UnavailableError) || error.outcomeUnknown };
  const until = callableAgainFrom(error, now);
  return until ? new PostponedError(error.message, until, options) : new TransientError(error.message, options);
}

/** Runs a handler and converts errors of remote calls to messaging errors. */
export async function withMessagingErrors<T>(now: () => Date, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    throw messagingErrorOf(error as Error, now());
  }
}
