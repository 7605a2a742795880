import { createHmac } from 'node:crypto';
import { inbound, OTHER, optOut, type ProviderEvent, receipt } from '../provider-events.ts';
import { OPTED_OUT, type TwilioCredentials } from '../providers/twilio.ts';
import { equals, type ReadWebhook, UNAUTHENTICATED, type WebhookRequest } from './webhook.ts';

/**
 * The final states of an SMS
 * (https://www.twilio.com/docs/messaging/guides/outbound-message-status-in-status-callbacks).
 */
const FINAL_STATES: Record<string, 'delivered' | 'undelivered'> = {
  delivered: 'delivered',
  undelivered: 'undelivered',
  failed: 'undelivered',
};

/**
 * Reads Twilio's status callbacks and inbound messages: https://www.twilio.com/docs/usage/webhooks/messaging-webhooks.
 * These requests contain no time, so the time of arrival determines their order.
 */
export const readTwilio =
  (credentials: () => Promise<Pick<TwilioCredentials, 'authToken'>>, now: () => Date): ReadWebhook =>
  async (request) => {
    const { authToken } = await credentials();
    const parameters = new URLSearchParams(request.body);
    if (!equals(request.headers['x-twilio-signature'] ?? '', signatureOf(request.url, parameters, authToken)))
      return UNAUTHENTICATED;
    return eventsOf(request, Object.fromEntries(parameters), now());
  };

/**
 * Signs the URL and all parameters, sorted by name and concatenated without separators
 * (https://www.twilio.com/docs/usage/webhooks/webhooks-security).
 */
export function signatureOf(url: string, parameters: URLSearchParams, authToken: string): string {
  const sorted = [...parameters].sort(([one], [other]) => (one < other ? -1 : Number(one > other)));
  return createHmac('sha1', authToken)
    .update(url + sorted.map((pair) => pair.join('')).join(''))
    .digest('base64');
}

function eventsOf({ query }: WebhookRequest, parameters: Record<string, string>, at: Date): ProviderEvent[] {
  const { MessageStatus, ErrorCode, To, From, Body, OptOutType } = parameters;
  if (MessageStatus !== undefined) {
    const final = FINAL_STATES[MessageStatus];
    return [
      final ? receipt(query.get('reference'), final, ErrorCode) : OTHER,
      ...(Number(ErrorCode) === OPTED_OUT ? [optOut('opt-out', To, at)] : []),
    ];
  }
  // Twilio sets `OptOutType` if Advanced Opt-Out is on. The keywords of Advanced Opt-Out are configured at Twilio.
  if (OptOutType === 'STOP') return [optOut('opt-out', From, at)];
  if (OptOutType === 'START') return [optOut('opt-in', From, at)];
  return [inbound(From, Body, at)];
}
