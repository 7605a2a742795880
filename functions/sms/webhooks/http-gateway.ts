import { createHmac } from 'node:crypto';
import * as z from 'zod';
import { inbound, OTHER, type ProviderEvent, receipt } from '../provider-events.ts';
import { equals, jsonOf, type ReadWebhook, UNAUTHENTICATED, UNREADABLE, type WebhookRequest } from './webhook.ts';

/** `key` is in base64, with or without the prefix `whsec_` of Standard Webhooks. */
export const standardWebhookKey = z.object({ key: z.string().min(32) });

/**
 * The maximum difference between a request's timestamp and the current time, from the specification. Older requests may
 * be replays.
 */
const TOLERANCE_MS = 5 * 60_000;

/**
 * `{events: […]}`. Several events in one call save invocations. The maximum is the number that the function can process
 * before its timeout. Unknown events are ignored.
 */
const payload = z.object({ events: z.array(z.unknown()).max(100) });
const event = z.discriminatedUnion('type', [
  z.object({ type: z.literal('delivered'), reference: z.string() }),
  z.object({ type: z.literal('undelivered'), reference: z.string(), reason: z.string().optional() }),
  // `at` is the time when the person sent the SMS. The timestamp of the call is later, and changes with each retry.
  z.object({ type: z.literal('inbound'), from: z.string(), text: z.string(), at: z.iso.datetime() }),
]);

/** Reads the generic gateway's webhook, which follows Standard Webhooks 1.0 (https://www.standardwebhooks.com). */
export const readHttpGateway =
  (secret: () => Promise<z.output<typeof standardWebhookKey>>, now: () => Date): ReadWebhook =>
  async (request) => {
    const { key } = await secret();
    if (!isAuthentic(request, key, now())) return UNAUTHENTICATED;
    const parsed = payload.safeParse(jsonOf(request.body));
    return parsed.success ? parsed.data.events.map(eventOf) : UNREADABLE;
  };

/** Whether the request was signed with the key and is recent. */
function isAuthentic({ headers, body }: WebhookRequest, key: string, now: Date): boolean {
  const { 'webhook-id': id, 'webhook-timestamp': timestamp = '', 'webhook-signature': signatures = '' } = headers;
  const isRecent = Math.abs(now.getTime() - Number(timestamp) * 1000) <= TOLERANCE_MS;
  if (!id || !isRecent) return false;
  const bytes = Buffer.from(key.replace(/^whsec_/, ''), 'base64');
  const expected = `v1,${createHmac('sha256', bytes).update(`${id}.${timestamp}.${body}`).digest('base64')}`;
  // The header has several signatures during a key rotation, or if the sender supports several versions.
  return signatures.split(' ').some((signature) => equals(signature, expected));
}

function eventOf(item: unknown): ProviderEvent {
  const { success, data } = event.safeParse(item);
  if (!success) return OTHER;
  if (data.type === 'inbound') return inbound(data.from, data.text, new Date(data.at));
  return receipt(data.reference, data.type, data.type === 'undelivered' ? data.reason : undefined);
}
