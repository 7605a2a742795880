import * as z from 'zod';
import { failureOf, parsed, post } from './http-call.ts';
import type { SmsProvider } from './provider.ts';

export const twilioCredentials = z.object({
  accountSid: z.string().startsWith('AC'),
  authToken: z.string().min(1),
  /** A number of the account, or a messaging service (MG…). */
  from: z.string().min(1),
});

export type TwilioCredentials = z.output<typeof twilioCredentials>;

/**
 * Twilio's Messages resource (https://www.twilio.com/docs/messaging/api/message-resource). It has no idempotency key, so
 * a text whose acceptance was not heard of may be sent again.
 */
export const createTwilio = ({
  url,
  credentials,
}: {
  url: string;
  credentials: () => Promise<TwilioCredentials>;
}): SmsProvider => ({
  honoursKey: false,
  async send({ to, text }, { signal }) {
    const { accountSid, authToken, from } = await credentials();
    const sender = from.startsWith('MG') ? { MessagingServiceSid: from } : { From: from };
    const answer = await post('Twilio', `${url}/2010-04-01/Accounts/${accountSid}/Messages.json`, {
      headers: {
        authorization: `Basic ${Buffer.from(`${accountSid}:${authToken}`).toString('base64')}`,
        'content-type': 'application/x-www-form-urlencoded',
      },
      body: new URLSearchParams({ To: to, Body: text, ...sender }).toString(),
      signal,
    });
    if (answer.status === 201) return;
    const { code = '?' } = parsed(answer.body);
    throw failureOf(`Twilio answered ${answer.status} with code ${code}`, answer);
  },
});
