/**
 * An error that a person can act on. The command prints its message without a stack trace, and exits with code 1.
 * @beta
 */
export class OperatorError extends Error {
  override readonly name = 'OperatorError';
}
