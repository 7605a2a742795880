import { OptedOutError } from '../opt-outs.ts';
import { failureOf, parseObject, post } from './http-call.ts';
import type { SmsProvider } from './provider.ts';

/** The code in the body of a response with status 422: `{"code": "opted-out"}`. */
const OPTED_OUT = 'opted-out';

/**
 * A generic gateway: `POST {url}/messages` with `{to, text}` and an `Idempotency-Key`. With a 2xx status, the gateway
 * accepts the SMS. `callback: {url, reference}` requests a receipt, which webhooks/http-gateway.ts reads.
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
    const response = await post(`SMS gateway ${endpoint}`, endpoint, {
      headers: { 'content-type': 'application/json', 'idempotency-key': idempotencyKey },
      body: JSON.stringify({ to, text, ...(webhookUrl && reference && { callback: { url: webhookUrl, reference } }) }),
      signal,
    });
    if (response.status < 300) return;
    const failure = `SMS gateway ${endpoint} responded with status ${response.status}`;
    if (response.status === 422 && parseObject(response.body).code === OPTED_OUT)
      throw new OptedOutError(`${failure}: ${OPTED_OUT}`);
    throw failureOf(failure, response);
  },
});
