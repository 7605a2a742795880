/**
 * Writes a log line: a message and fields, such as ids or an `error`. Both the logger of Powertools for AWS Lambda and
 * `console` implement it.
 * @public
 */
export interface Logger {
  debug(message: string, ...attributes: Record<string, unknown>[]): void;
  info(message: string, ...attributes: Record<string, unknown>[]): void;
  warn(message: string, ...attributes: Record<string, unknown>[]): void;
  error(message: string, ...attributes: Record<string, unknown>[]): void;
}
