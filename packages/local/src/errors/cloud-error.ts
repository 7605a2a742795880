/**
 * An error that stops the embedded cloud, with advice for the user: printed without a stack trace, exit code 1.
 * @beta
 */
export class CloudError extends Error {
  override readonly name = 'CloudError';
}
