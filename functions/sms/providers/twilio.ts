import { NotServedError } from '@rollcall/kit/resilience';
import * as z from 'zod';
import { OptedOutError } from '../opt-outs.ts';
import { failureOf, parseObject, post } from './http-call.ts';
import type { SmsProvider } from './provider.ts';

export const twilioCredentials = z.object({
  accountSid: z.string().startsWith('AC'),
  authToken: z.string().min(1),
  /** A number of the account, or a messaging service (MG…). */
  from: z.string().min(1),
});

export type TwilioCredentials = z.output<typeof twilioCredentials>;

/** Codes about the recipient or the text itself (https://www.twilio.com/docs/api/errors). */
const PERMANENT = new Set([21211, 21602, 21612, 21614, 21617]);
export const OPTED_OUT = 21610;

/**
 * Twilio's Messages resource (https://www.twilio.com/docs/messaging/api/message-resource). The resource does not
 * support idempotency keys, so an SMS with an unknown outcome may be sent twice.
 */
export const createTwilio = ({
  url,
  credentials,
  webhookUrl,
}: {
  url: string;
  credentials: () => Promise<TwilioCredentials>;
  /** URL for receipts. For each SMS, `?reference=…` is appended. Twilio signs the whole URL. */
  webhookUrl?: string | undefined;
}): SmsProvider => ({
  honoursKey: false,
  async ready() {
    await credentials();
  },
  async send({ to, text, reference }, { signal }) {
    const { accountSid, authToken, from } = await credentials();
    const sender = from.startsWith('MG') ? { MessagingServiceSid: from } : { From: from };
    const receipt = webhookUrl && reference ? { StatusCallback: `${webhookUrl}?reference=${reference}` } : {};
    const response = await post('Twilio', `${url}/2010-04-01/Accounts/${accountSid}/Messages.json`, {
      headers: {
        authorization: `Basic ${Buffer.from(`${accountSid}:${authToken}`).toString('base64')}`,
        'content-type': 'application/x-www-form-urlencoded',
      },
      body: new URLSearchParams({ To: to, Body: text, ...sender, ...receipt }).toString(),
      signal,
    });
    if (response.status === 201) return;
    const { code = '?' } = parseObject(response.body);
    const failure = `Twilio responded ${response.status} with code ${code}`;
    if (response.status === 400 && Number(code) === OPTED_OUT) throw new OptedOutError(failure);
    // A code outside `PERMANENT` is about the sender, permissions or credit, not about the recipient or the text.
    if (response.status === 400 && !PERMANENT.has(Number(code))) throw new NotServedError(failure);
    throw failureOf(failure, response);
  },
});
