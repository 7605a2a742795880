import { createHmac, randomUUID } from 'node:crypto';
import { TWILIO, WEBHOOK_KEYS } from './credentials.ts';

/** An event about an SMS, or an inbound one. */
export type Told =
  | { kind: 'delivered' | 'undelivered'; reference: string; to: string }
  | { kind: 'inbound'; from: string; text: string; at: string };

interface Call {
  url: string;
  headers: Record<string, string>;
  body: string;
}

/** The callback request of a provider: one event for Twilio, several for the others. */
export function requestOf(provider: string, address: string, told: readonly Told[]): Call {
  if (provider === 'twilio') return twilioRequest(address, told[0] as Told);
  if (provider === 'alibaba')
    return { url: address, headers: JSON_TYPE, body: JSON.stringify(told.map(alibabaReport)) };
  return standardWebhook(address, { events: told.map(gatewayEvent) });
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

const gatewayEvent = (told: Told) =>
  told.kind === 'inbound'
    ? { type: 'inbound', from: told.from, text: told.text, at: told.at }
    : { type: told.kind, reference: told.reference, ...(told.kind === 'undelivered' && { reason: 'unreachable' }) };

/** https://www.twilio.com/docs/usage/webhooks/webhooks-security */
function twilioRequest(url: string, told: Told): Call {
  const common = { AccountSid: TWILIO.accountSid, MessageSid: `SM${randomUUID().replaceAll('-', '')}` };
  const parameters: Record<string, string> =
    told.kind === 'inbound'
      ? { ...common, From: told.from, To: TWILIO.from, Body: told.text, SmsStatus: 'received' }
      : {
          ...common,
          From: TWILIO.from,
          To: told.to,
          MessageStatus: told.kind,
          SmsStatus: told.kind,
          ...(told.kind === 'undelivered' && { ErrorCode: '30003' }),
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

/** https://help.aliyun.com/zh/sms/smsreport-http-intl; inbound SMS are not reported this way. */
const alibabaReport = (told: Told) =>
  told.kind === 'inbound'
    ? {}
    : {
        To: told.to.slice(1),
        TaskId: told.reference,
        MessageId: randomUUID(),
        Status: told.kind === 'delivered' ? '1' : '2',
        ErrorCode: told.kind === 'delivered' ? 'success' : 'UNDELIV',
      };

/** https://docs.aws.amazon.com/sms-voice/latest/userguide/configuration-sets-event-format.html, and two-way-sms-payload.html */
export const awsEvent = (told: Told) =>
  told.kind === 'inbound'
    ? {
        originationNumber: told.from,
        destinationNumber: '+12065550152',
        messageBody: told.text,
        inboundMessageId: randomUUID(),
      }
    : {
        eventType: told.kind === 'delivered' ? 'TEXT_DELIVERED' : 'TEXT_UNREACHABLE',
        eventVersion: '1.0',
        eventTimestamp: Date.now(),
        isFinal: true,
        destinationPhoneNumber: told.to,
        context: { reference: told.reference },
      };
