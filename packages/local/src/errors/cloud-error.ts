/**
 * An error that stops the embedded cloud, with advice for the user. The CLI prints the error without a stack trace, and
 * exits with code 1.
 * @beta
 */
export class CloudError extends Error {
  override readonly name = 'CloudError';
}
