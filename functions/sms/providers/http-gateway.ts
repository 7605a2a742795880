import { OptedOutError } from '../opt-outs.ts';
import { failureOf, parsed, post } from './http-call.ts';
import type { SmsProvider } from './provider.ts';

/** In a response with status 422, as `{"code": "opted-out"}`. */
const OPTED_OUT = 'opted-out';

/**
 * A generic gateway: `POST {url}/messages` with `{to, text}` and an `Idempotency-Key`; any 2xx means accepted.
 * `callback: {url, reference}` requests a receipt: webhooks/http-gateway.ts.
 */
export const createHttpGateway = ({
  url,
  webhookUrl,
}: {
  /** URL of the gateway, if it has no registered instances. */
  url?: string;
  /** URL for receipts. */
  webhookUrl?: string | undefined;
}): SmsProvider => ({
  honoursKey: true,
  async send({ to, text, idempotencyKey, reference }, { instance, signal }) {
    const endpoint = `${(instance?.address ?? url ?? '').replace(/\/$/, '')}/messages`;
    const answer = await post(`SMS gateway ${endpoint}`, endpoint, {
      headers: { 'content-type': 'application/json', 'idempotency-key': idempotencyKey },
      body: JSON.stringify({ to, text, ...(webhookUrl && reference && { callback: { url: webhookUrl, reference } }) }),
      signal,
    });
    if (answer.status < 300) return;
    const what = `SMS gateway ${endpoint} answered ${answer.status}`;
    if (answer.status === 422 && parsed(answer.body).code === OPTED_OUT)
      throw new OptedOutError(`${what}: ${OPTED_OUT}`);
    throw failureOf(what, answer);
  },
});
