import * as z from 'zod';
import { alibabaOf } from './alibaba.ts';
import type { Callbacks } from './callbacks.ts';
import { FAULTS } from './faults.ts';
import type { DeliveryOutcome, Mailbox } from './mailbox.ts';
import { twilioOf } from './twilio.ts';
import type { Answer, Request } from './wire.ts';

const phone = z.string().regex(/^\+\d{2,15}$/);
const words = z.string().min(1).max(1600);
const message = z.object({
  to: phone,
  text: words,
  callback: z.object({ url: z.url(), reference: z.string().min(1).max(255) }).optional(),
});
const providerNames = ['http', 'twilio', 'alibaba', 'aws'] as const;
const inbound = z.strictObject({ from: phone, text: words, provider: z.enum(providerNames).default('http') });
const address = z.strictObject({ url: z.url() });
const fault = z.strictObject({ kind: z.enum(FAULTS), ms: z.int().min(0).max(60_000).optional() });

/**
 * Creates the API of a generic SMS gateway that stores SMS instead of sending them:
 *
 * - `POST /messages` `{to, text}` returns 202. With a repeated `Idempotency-Key`, it returns 202 with the stored SMS.
 * - `GET /messages?to=` returns `{total, messages}` with the SMS of all providers, the oldest first.
 * - `GET /asked` returns the number of send requests by provider and instance.
 * - `PUT /faults/{http | NAME | twilio | alibaba | aws}` `{kind, ms?}` injects a fault into a provider or an instance.
 *   `DELETE` removes it.
 * - `POST /inbound` `{from, text, provider?}` simulates an inbound SMS, such as STOP. The provider reports it to the
 *   application.
 * - `PUT /callbacks/{provider}` `{url}` sets the address for inbound SMS, and for Alibaba's receipts. A later send
 *   request that names a callback address replaces this address.
 *
 * Other requests go to the stand-ins for Twilio and Alibaba.
 */
export function createGatewayApi(
  name: string,
  mailbox: Mailbox,
  callbacks: Pick<Callbacks, 'add' | 'setAddress' | 'addressOf'>,
): (request: Request) => Promise<Answer | undefined> {
  const [twilio, alibaba] = [twilioOf(mailbox, callbacks), alibabaOf(mailbox, callbacks)];

  async function accept({ headers, body }: Request): Promise<Answer | undefined> {
    const key = headers['idempotency-key'];
    const parsed = message.safeParse(parseJson(body));
    if (!parsed.success) return { status: 422, body: { error: z.prettifyError(parsed.error) } };
    const { to, text, callback } = parsed.data;
    if (callback) callbacks.setAddress('http', callback.url);
    const receipt = callback && { address: callback.url, reference: callback.reference };
    const store = (outcome: DeliveryOutcome) => ({
      status: 202,
      body: mailbox.store({ to, text, provider: 'http', ...(key && { key }), receipt }, outcome),
    });
    const errorBody = { error: 'injected fault' };
    return mailbox.respond<Answer>(['http', name], key, store, {
      fails: { status: 503, body: errorBody },
      refuses: { status: 422, body: errorBody },
      'opted out': { status: 422, body: { code: 'opted-out' } },
      throttles: { status: 429, body: errorBody, headers: { 'retry-after': '1' } },
    });
  }

  function control(target: string, { method, body }: Request): Answer {
    const known = ['http', 'gateway-1', 'gateway-2', 'twilio', 'alibaba', 'aws'];
    if (!known.includes(target))
      return { status: 404, body: { error: `unknown target; known targets: ${known.join(', ')}` } };
    if (method === 'DELETE') mailbox.faults.delete(target);
    else if (method === 'PUT') {
      const parsed = fault.safeParse(parseJson(body));
      if (!parsed.success) return { status: 422, body: { error: z.prettifyError(parsed.error) } };
      const { kind, ms } = parsed.data;
      mailbox.faults.set(target, { kind, ...(ms !== undefined && { ms }) });
    }
    return { status: 200, body: Object.fromEntries(mailbox.faults) };
  }

  function receiveInbound({ body }: Request): Answer {
    const parsed = inbound.safeParse(parseJson(body));
    if (!parsed.success) return { status: 422, body: { error: z.prettifyError(parsed.error) } };
    const { provider, ...sms } = parsed.data;
    const where = callbacks.addressOf(provider);
    if (where === undefined) {
      const remedy = provider === 'aws' ? 'deploy a configuration set' : `PUT /callbacks/${provider}`;
      return { status: 409, body: { error: `${provider} has no callback address: ${remedy}` } };
    }
    callbacks.add(provider, where, { kind: 'inbound', ...sms, at: new Date().toISOString() });
    return { status: 202, body: {} };
  }

  function setCallbackAddress(provider: string, { body }: Request): Answer {
    const parsed = address.safeParse(parseJson(body));
    if (!parsed.success) return { status: 422, body: { error: z.prettifyError(parsed.error) } };
    callbacks.setAddress(provider, parsed.data.url);
    return { status: 200, body: parsed.data };
  }

  async function answer(request: Request): Promise<Answer | undefined> {
    const { method, path, query } = request;
    const target = /^\/faults\/([a-z0-9-]+)$/.exec(path)?.[1];
    if (target !== undefined) return control(target, request);
    if (path === '/faults') return { status: 200, body: Object.fromEntries(mailbox.faults) };
    if (path === '/asked') return { status: 200, body: mailbox.requestCounts };
    if (path === '/inbound' && method === 'POST') return receiveInbound(request);
    const provider = /^\/callbacks\/(http|twilio|alibaba)$/.exec(path)?.[1];
    if (provider !== undefined && method === 'PUT') return setCallbackAddress(provider, request);
    if (path === '/messages' && method === 'POST') return accept(request);
    if (path === '/messages' && method === 'GET') {
      const messages = mailbox.texts(new URLSearchParams(query).get('to') ?? undefined);
      return { status: 200, body: { total: messages.length, messages } };
    }
    for (const provider of [twilio, alibaba]) {
      const response = await provider(request);
      if (response !== 'none') return response;
    }
    return {
      status: 404,
      body: {
        error: 'Not found. The resources are /messages (GET and POST), /asked, /inbound, /faults and /callbacks.',
      },
    };
  }

  return answer;
}

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString());
  } catch {
    return undefined;
  }
}
