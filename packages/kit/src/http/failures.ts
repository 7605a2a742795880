import { UnavailableError } from '../resilience/errors.ts';
import { busy, Problem } from './problems.ts';

/**
 * Names of errors after which the caller may try again: DynamoDB throttled a call or canceled a transaction, even after
 * the retries of the SDK and of `transact`; a call or the function timed out; the subscribers of a topic are unknown;
 * or a transient messaging error occurred.
 */
const BUSY = new Set([
  'ProvisionedThroughputExceededException',
  'RequestLimitExceeded',
  'SubscribersUnknownError',
  'ThrottlingException',
  'TimeoutError',
  'TransactionCanceledException',
  'TransientError',
]);

/**
 * The problem that a caller gets for an error. For invalid JSON, middy throws an error with status 422, which becomes
 * 400.
 * @beta
 */
export function toProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  const status = (error as { statusCode?: number }).statusCode;
  if (status === 422 || status === 400)
    return new Problem('malformed-json', 'The body is not valid JSON.', { cause: error });
  if (error instanceof UnavailableError || BUSY.has((error as Error).name))
    return busy('The service is busy. Try again.', error);
  return new Problem('internal', 'An internal error occurred. Try again.', { cause: error });
}
