import type { Try } from '@rollcall/kit/resilience';

export interface TextMessage {
  /** E.164. */
  to: string;
  /** Of the phone (ISO 3166-1 alpha-2); missing: nobody has said. */
  country?: string | undefined;
  text: string;
  /** A provider that honours it sends a text once, however often it is asked. */
  idempotencyKey: string;
  /** Asks for a receipt, which brings this back: receipt-reference.ts. */
  reference?: string;
}

/** Whoever delivers texts. */
export interface SmsProvider {
  /** Whether a text that comes again with its key is not sent again. */
  honoursKey: boolean;
  /** Gets what it needs before it can be called, such as credentials. */
  ready?(): Promise<void>;
  /**
   * Resolves once the provider has accepted the text.
   * @throws {OptedOutError} if whoever has the phone wants no texts; {@link RejectedError} if it never will; {@link ThrottledError} if it takes no more for now;
   * {@link UnavailableError} if it may later
   */
  send(message: TextMessage, one: Try): Promise<void>;
}
