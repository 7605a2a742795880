/**
 * An error that stops the embedded cloud, with advice for the user. It is printed without a stack trace, and the exit code
 * is 1.
 * @beta
 */
export class CloudError extends Error {
  override readonly name = 'CloudError';
}
