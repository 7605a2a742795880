import type { Try } from '@rollcall/kit/resilience';

export interface TextMessage {
  /** E.164. */
  to: string;
  /** Country of the phone (ISO 3166-1 alpha-2); undefined: unknown. */
  country?: string | undefined;
  text: string;
  /** A provider that honours it sends an SMS once, however often it is requested. */
  idempotencyKey: string;
  /** Requests a receipt, which returns this: receipt-reference.ts. */
  reference?: string;
}

/** An SMS provider. */
export interface SmsProvider {
  /** Whether an SMS is not sent again if its key is repeated. */
  honoursKey: boolean;
  /** Prepares prerequisites of calls, such as credentials. */
  ready?(): Promise<void>;
  /**
   * Resolves once the provider has accepted the SMS.
   * @throws {OptedOutError} if the recipient has opted out; {@link RejectedError} if it is rejected permanently; {@link
   * ThrottledError} if the provider accepts no more for now; {@link UnavailableError} if a later attempt may succeed
   */
  send(message: TextMessage, one: Try): Promise<void>;
}
