import { RejectedError, ThrottledError, type Try, UnavailableError } from '@rollcall/kit/resilience';
import * as z from 'zod';

export interface Payment {
  kind: 'payments' | 'refunds';
  /** Idempotency key. */
  id: string;
  orderId: string;
  cents: number;
}

const answer = z.object({ outcome: z.enum(['paid', 'declined', 'refunded']) });
export type Answer = z.output<typeof answer>;

/** Calls `POST {url}/payments` or `/refunds` with an idempotency key, which most payment providers support. */
export const callProvider =
  (url: string) =>
  async ({ id, kind, ...payment }: Payment, { signal }: Try): Promise<Answer> => {
    const response = await fetch(`${url}/${kind}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': id },
      body: JSON.stringify(payment),
      signal,
    }).catch((cause: Error) => {
      throw new UnavailableError(`the provider did not respond: ${cause.message}`, { outcomeUnknown: true, cause });
    });
    if (response.ok) return answer.parse(await response.json());
    const message = `the provider responded with status ${response.status}`;
    if (response.status === 429)
      throw new ThrottledError(message, 1_000 * Number(response.headers.get('retry-after') ?? 1));
    if (response.status >= 500) throw new UnavailableError(message, { outcomeUnknown: true });
    throw new RejectedError(message);
  };
