/**
 * What stops the embedded cloud and what a person can do about it: printed without a stack trace, exit code 1.
 * @beta
 */
export class CloudError extends Error {
  override readonly name = 'CloudError';
}
