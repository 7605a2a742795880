import { jsonOf, readEnvironment, text } from '@rollcall/kit/aws';
import { endpoint, json, notFound, Problem } from '@rollcall/kit/http';
import { createSecret } from '@rollcall/kit/resilience';
import * as z from 'zod';
import { type SmsProviderName, smsSettings } from '../../shared/config/sms-settings.ts';
import { twilioCredentials } from './providers/twilio.ts';
import { ALIBABA_RESPONSE, readAlibaba, webhookToken } from './webhooks/alibaba.ts';
import { configuredReceiver } from './webhooks/configured-receiver.ts';
import { readHttpGateway, standardWebhookKey } from './webhooks/http-gateway.ts';
import { readTwilio } from './webhooks/twilio.ts';
import { type ReadWebhook, UNAUTHENTICATED, UNREADABLE, webhookRequest } from './webhooks/webhook.ts';

const { SMS, WEBHOOKS_URL } = readEnvironment(z.object({ SMS: jsonOf(smsSettings), WEBHOOKS_URL: z.url() }));
const now = () => new Date();
const { receive, logger, count, measure } = configuredReceiver(now);

/** AWS is missing here, because it sends its events to a topic and not over HTTP. */
const readers: Partial<Record<SmsProviderName, () => ReadWebhook>> = {
  http: () => readHttpGateway(secretOf('HTTP_WEBHOOKS_SECRET', standardWebhookKey), now),
  twilio: () => readTwilio(secretOf('TWILIO_SECRET', twilioCredentials), now),
  alibaba: () => readAlibaba(secretOf('ALIBABA_WEBHOOKS_SECRET', webhookToken)),
};
const webhooks = new Map<string, ReadWebhook | undefined>(SMS.providers.map((name) => [name, readers[name]?.()]));

function secretOf<S extends z.ZodType>(variable: string, shape: S): () => Promise<z.output<S>> {
  const { [variable]: id = '' } = readEnvironment(z.object({ [variable]: text }));
  return createSecret(id, shape, now);
}

/** Receives webhooks. Unauthenticated callers get the same 404 as callers of an unknown provider. */
export const webhook = endpoint(
  logger,
  async (event) => {
    const provider = event.pathParameters?.provider ?? '';
    const read = webhooks.get(provider);
    if (!read) throw notFound('webhook');
    const events = await read(webhookRequest(event, `${WEBHOOKS_URL}/${provider}`));
    const isRefused = events === UNAUTHENTICATED;
    measure('WebhooksProven', 'None', [Number(!isRefused)]);
    count({ WebhooksRefused: Number(isRefused) });
    if (isRefused) throw notFound('webhook');
    if (events === UNREADABLE) {
      count({ WebhooksUnreadable: 1 });
      throw new Problem(
        'invalid',
        'The body does not match the documented format: docs/governance.md#delivery-receipts-and-replies.',
      );
    }
    await receive(provider, events);
    return provider === 'alibaba' ? json(200, ALIBABA_RESPONSE) : { statusCode: 204 };
  },
  { mediaType: null },
);
