/**
 * An error of the embedded cloud, with advice for the user. The CLI prints the error without a stack trace. A command
 * that ends with this error has exit code 1.
 * @beta
 */
export class CloudError extends Error {
  override readonly name = 'CloudError';
}
