export interface TextMessage {
  /** E.164. */
  to: string;
  text: string;
  /** A provider that honours it sends a text once, however often it is asked. */
  idempotencyKey: string;
}

/** Whoever delivers texts. */
export interface SmsProvider {
  /**
   * Resolves once the provider has accepted the text.
   * @throws {PermanentError} if it never will; {@link TransientError} or another error if it may later
   */
  send(message: TextMessage): Promise<void>;
}

/** A provider gets this long for one text; the function has ten seconds. */
export const SEND_TIMEOUT_MS = 5_000;
