import { UnavailableError } from '../resilience/errors.ts';
import { busy, Problem } from './problems.ts';

/**
 * What DynamoDB says when it is asked too much, after the SDK and `transact` have tried again. A call that gets no answer
 * in time is a `TimeoutError` of the SDK, a function that runs out of time one of middy. And what the directory of
 * subscribers says while it cannot be read, and messaging of what may go well later.
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
 * What a caller is told of an error. Middy raises http-errors: 422 for what is no JSON, which is a 400 here.
 * @beta
 */
export function toProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  const status = (error as { statusCode?: number }).statusCode;
  if (status === 422 || status === 400)
    return new Problem('malformed-json', 'The body is no JSON that can be read.', { cause: error });
  if (error instanceof UnavailableError || BUSY.has((error as Error).name))
    return busy('The service is busy. Try again.', error);
  return new Problem('internal', 'Something went wrong on our side. Try again.', { cause: error });
}
