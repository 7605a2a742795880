import type { Try } from '@rollcall/kit/resilience';

export interface TextMessage {
  /** E.164. */
  to: string;
  /** Country of the phone (ISO 3166-1 alpha-2); undefined if unknown. */
  country?: string | undefined;
  text: string;
  /** A provider that honours the key sends the SMS once, even if the SMS is requested several times. */
  idempotencyKey: string;
  /** Requests a receipt that contains this reference (receipt-reference.ts). */
  reference?: string;
}

/** An SMS provider. */
export interface SmsProvider {
  /** Whether repeated requests with the same key send the SMS only once. */
  honoursKey: boolean;
  /** Loads the prerequisites of calls, such as credentials. */
  ready?(): Promise<void>;
  /**
   * Resolves once the provider has accepted the SMS.
   * @throws {OptedOutError} if the recipient has opted out; {@link RejectedError} if the provider rejects the SMS
   * permanently; {@link ThrottledError} if the provider accepts no more SMS for now; {@link UnavailableError} if a
   * later attempt may succeed
   */
  send(message: TextMessage, attempt: Try): Promise<void>;
}
