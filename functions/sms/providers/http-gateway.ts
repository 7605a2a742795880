import { failureOf, post } from './http-call.ts';
import type { SmsProvider } from './provider.ts';

/**
 * A generic gateway: `POST {url}/messages` with `{to, text}` and an `Idempotency-Key`; any 2xx is acceptance.
 * @param url of the gateway, if its instances do not register themselves
 */
export const createHttpGateway = ({ url }: { url?: string }): SmsProvider => ({
  honoursKey: true,
  async send({ to, text, idempotencyKey }, { instance, signal }) {
    const endpoint = `${(instance?.address ?? url ?? '').replace(/\/$/, '')}/messages`;
    const answer = await post(`SMS gateway ${endpoint}`, endpoint, {
      headers: { 'content-type': 'application/json', 'idempotency-key': idempotencyKey },
      body: JSON.stringify({ to, text }),
      signal,
    });
    if (answer.status >= 300) throw failureOf(`SMS gateway ${endpoint} answered ${answer.status}`, answer);
  },
});
