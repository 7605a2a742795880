import { createHmac, randomUUID } from 'node:crypto';
import { TWILIO, WEBHOOK_KEYS } from './credentials.ts';

/** An event that a provider reports: the outcome of an SMS, or an inbound SMS. */
export type CallbackEvent =
  | { kind: 'delivered' | 'undelivered'; reference: string; to: string }
  | { kind: 'inbound'; from: string; text: string; at: string };

interface Call {
  url: string;
  headers: Record<string, string>;
  body: string;
}

/**
 * Creates the callback request of a provider. Twilio sends one event per request. Alibaba and the generic gateway can
 * send several.
 */
export function requestOf(provider: string, address: string, events: readonly CallbackEvent[]): Call {
  if (provider === 'twilio') return twilioRequest(address, events[0] as CallbackEvent);
  if (provider === 'alibaba')
    return { url: address, headers: JSON_TYPE, body: JSON.stringify(events.map(alibabaReport)) };
  return standardWebhook(address, { events: events.map(gatewayEvent) });
}

const JSON_TYPE = { 'content-type': 'application/json' };

/** https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md */
function standardWebhook(url: string, payload: object): Call {
  const body = JSON.stringify(payload);
  const [id, timestamp] = [`msg_${randomUUID()}`, String(Math.floor(Date.now() / 1000))];
  const key = Buffer.from(WEBHOOK_KEYS.http, 'base64');
  const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64');
  const signed = { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${signature}` };
  return { url, headers: { ...JSON_TYPE, ...signed }, body };
}

const gatewayEvent = (event: CallbackEvent) =>
  event.kind === 'inbound'
    ? { type: 'inbound', from: event.from, text: event.text, at: event.at }
    : { type: event.kind, reference: event.reference, ...(event.kind === 'undelivered' && { reason: 'unreachable' }) };

/** https://www.twilio.com/docs/usage/webhooks/webhooks-security */
function twilioRequest(url: string, event: CallbackEvent): Call {
  const common = { AccountSid: TWILIO.accountSid, MessageSid: `SM${randomUUID().replaceAll('-', '')}` };
  const parameters: Record<string, string> =
    event.kind === 'inbound'
      ? { ...common, From: event.from, To: TWILIO.from, Body: event.text, SmsStatus: 'received' }
      : {
          ...common,
          From: TWILIO.from,
          To: event.to,
          MessageStatus: event.kind,
          SmsStatus: event.kind,
          ...(event.kind === 'undelivered' && { ErrorCode: '30003' }),
        };
  const names = Object.keys(parameters).sort();
  const signed = url + names.map((name) => `${name}${parameters[name]}`).join('');
  return {
    url,
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      'x-twilio-signature': createHmac('sha1', TWILIO.authToken).update(signed).digest('base64'),
    },
    body: new URLSearchParams(parameters).toString(),
  };
}

/** See https://help.aliyun.com/zh/sms/smsreport-http-intl. Alibaba does not report inbound SMS this way. */
const alibabaReport = (event: CallbackEvent) =>
  event.kind === 'inbound'
    ? {}
    : {
        To: event.to.slice(1),
        TaskId: event.reference,
        MessageId: randomUUID(),
        Status: event.kind === 'delivered' ? '1' : '2',
        ErrorCode: event.kind === 'delivered' ? 'success' : 'UNDELIV',
      };

/**
 * See configuration-sets-event-format.html and two-way-sms-payload.html in
 * https://docs.aws.amazon.com/sms-voice/latest/userguide/.
 */
export const awsEvent = (event: CallbackEvent) =>
  event.kind === 'inbound'
    ? {
        originationNumber: event.from,
        destinationNumber: '+12065550152',
        messageBody: event.text,
        inboundMessageId: randomUUID(),
      }
    : {
        eventType: event.kind === 'delivered' ? 'TEXT_DELIVERED' : 'TEXT_UNREACHABLE',
        eventVersion: '1.0',
        eventTimestamp: Date.now(),
        isFinal: true,
        destinationPhoneNumber: event.to,
        context: { reference: event.reference },
      };
