/**
 * Writes a line into the log: a message, and what belongs to it, such as ids or an `error`. That of Powertools for AWS Lambda
 * is one, `console` is one.
 * @public
 */
export interface Logger {
  debug(message: string, ...attributes: Record<string, unknown>[]): void;
  info(message: string, ...attributes: Record<string, unknown>[]): void;
  warn(message: string, ...attributes: Record<string, unknown>[]): void;
  error(message: string, ...attributes: Record<string, unknown>[]): void;
}
