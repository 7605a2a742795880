import { PermanentError, TransientError } from '../../shared/messaging/errors.ts';
import { SEND_TIMEOUT_MS, type SmsProvider } from './provider.ts';

/** Answers that say "not now" rather than "never"; a wrong key or address (401, 403, 404) is ours to set right. */
const NOT_NOW = new Set([401, 403, 404, 408, 409, 425, 429]);

/** A generic gateway: `POST {url}/messages` with `{to, text}` and an `Idempotency-Key`; any 2xx is acceptance. */
export function createHttpGateway({ url }: { url: string }): SmsProvider {
  const endpoint = `${url.replace(/\/$/, '')}/messages`;
  return {
    async send({ to, text, idempotencyKey }) {
      const response = await fetch(endpoint, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'idempotency-key': idempotencyKey },
        body: JSON.stringify({ to, text }),
        signal: AbortSignal.timeout(SEND_TIMEOUT_MS),
      }).catch((cause: unknown) => {
        throw new TransientError(`SMS gateway ${endpoint} did not answer: ${(cause as Error).message}`, { cause });
      });
      // Read to the end, or the connection cannot be used again.
      await response.arrayBuffer();
      if (response.ok) return;
      const answer = `SMS gateway ${endpoint} answered ${response.status}`;
      if (response.status >= 500 || NOT_NOW.has(response.status)) throw new TransientError(answer);
      throw new PermanentError(answer);
    },
  };
}
