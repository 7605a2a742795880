/**
 * An error of the embedded cloud, with a message for the user. The CLI prints the message without a stack trace. A
 * command that ends with this error has exit code 1.
 * @beta
 */
export class CloudError extends Error {
  override readonly name = 'CloudError';
}
