/**
 * Writes log lines with a message and fields, such as ids or an `error`. The logger of Powertools for AWS Lambda and
 * `console` both implement it.
 * @public
 */
export interface Logger {
  debug(message: string, ...attributes: Record<string, unknown>[]): void;
  info(message: string, ...attributes: Record<string, unknown>[]): void;
  warn(message: string, ...attributes: Record<string, unknown>[]): void;
  error(message: string, ...attributes: Record<string, unknown>[]): void;
}
