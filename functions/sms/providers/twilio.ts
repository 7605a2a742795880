import { NotServedError } from '@rollcall/kit/resilience';
import * as z from 'zod';
import { OptedOutError } from '../opt-outs.ts';
import { failureOf, parsed, post } from './http-call.ts';
import type { SmsProvider } from './provider.ts';

export const twilioCredentials = z.object({
  accountSid: z.string().startsWith('AC'),
  authToken: z.string().min(1),
  /** A number of the account, or a messaging service (MG…). */
  from: z.string().min(1),
});

export type TwilioCredentials = z.output<typeof twilioCredentials>;

/** Codes about the recipient or the text itself (https://www.twilio.com/docs/api/errors). */
const FOR_GOOD = new Set([21211, 21602, 21612, 21614, 21617]);
export const OPTED_OUT = 21610;

/**
 * Twilio's Messages resource (https://www.twilio.com/docs/messaging/api/message-resource). It has no idempotency key,
 * so an SMS with an unknown outcome may be sent again.
 */
export const createTwilio = ({
  url,
  credentials,
  webhookUrl,
}: {
  url: string;
  credentials: () => Promise<TwilioCredentials>;
  /** URL for receipts. Its query has the reference, which Twilio signs with the rest of the URL. */
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
    const answer = await post('Twilio', `${url}/2010-04-01/Accounts/${accountSid}/Messages.json`, {
      headers: {
        authorization: `Basic ${Buffer.from(`${accountSid}:${authToken}`).toString('base64')}`,
        'content-type': 'application/x-www-form-urlencoded',
      },
      body: new URLSearchParams({ To: to, Body: text, ...sender, ...receipt }).toString(),
      signal,
    });
    if (answer.status === 201) return;
    const { code = '?' } = parsed(answer.body);
    const what = `Twilio answered ${answer.status} with code ${code}`;
    if (answer.status === 400 && Number(code) === OPTED_OUT) throw new OptedOutError(what);
    // None of the other codes is the member's fault: sender, permissions, credit.
    if (answer.status === 400 && !FOR_GOOD.has(Number(code))) throw new NotServedError(what);
    throw failureOf(what, answer);
  },
});
