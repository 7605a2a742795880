/**
 * An error that a person can act on: printed without a stack trace, exit code 1.
 * @beta
 */
export class OperatorError extends Error {
  override readonly name = 'OperatorError';
}
