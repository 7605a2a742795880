import { randomBytes } from 'node:crypto';
import type { Callbacks } from './callbacks.ts';
import { TWILIO } from './credentials.ts';
import type { DeliveryOutcome, Mailbox } from './mailbox.ts';
import type { Answer, Request } from './wire.ts';

const MESSAGES = /^\/2010-04-01\/Accounts\/([^/]+)\/Messages\.json$/;

/**
 * Returns an error in Twilio's format (https://www.twilio.com/docs/usage/troubleshooting/debugging-your-application).
 */
const error = (status: number, code: number, message: string): Answer => ({
  status,
  body: { code, message, more_info: `https://www.twilio.com/docs/errors/${code}`, status },
});

/**
 * Creates the stand-in for Twilio's Messages resource, `POST /2010-04-01/Accounts/{sid}/Messages.json`. For other
 * requests, it returns `'none'`. If the caller must send no response, it returns undefined.
 */
export function twilioOf(mailbox: Mailbox, callbacks: Pick<Callbacks, 'setAddress'>) {
  return async ({ method, path, headers, body }: Request): Promise<Answer | 'none' | undefined> => {
    const accountSid = MESSAGES.exec(path)?.[1];
    if (accountSid === undefined || method !== 'POST') return 'none';
    const expected = Buffer.from(`${TWILIO.accountSid}:${TWILIO.authToken}`).toString('base64');
    if (headers.authorization !== `Basic ${expected}` || accountSid !== TWILIO.accountSid) {
      return error(401, 20003, 'Authenticate');
    }
    const form = new URLSearchParams(body.toString());
    const { To = '', Body = '', From, MessagingServiceSid, StatusCallback } = Object.fromEntries(form);
    if (!From && !MessagingServiceSid) return error(400, 21603, "A 'From' phone number is required.");
    if (Body === '') return error(400, 21602, 'Message body is required.');
    if (!/^\+[1-9]\d{6,14}$/.test(To)) return error(400, 21211, `Invalid 'To' Phone Number: ${To}`);
    if (StatusCallback) callbacks.setAddress('twilio', StatusCallback.replace(/\?.*/, ''));
    // The reference is empty, because the callback URL already contains it.
    const receipt = StatusCallback ? { address: StatusCallback, reference: '' } : undefined;
    const accept = (outcome: DeliveryOutcome): Answer => {
      mailbox.store({ to: To, text: Body, provider: 'twilio', receipt }, outcome);
      const sid = `SM${randomBytes(16).toString('hex')}`;
      const uri = `/2010-04-01/Accounts/${accountSid}/Messages/${sid}.json`;
      const about = { account_sid: accountSid, api_version: '2010-04-01', direction: 'outbound-api', error_code: null };
      return { status: 201, body: { ...about, sid, status: 'queued', to: To, from: From ?? null, body: Body, uri } };
    };
    return mailbox.respond(['twilio'], undefined, accept, {
      fails: error(503, 20503, `Service unavailable for ${To}`),
      refuses: error(400, 21614, `To number: ${To}, is not a mobile number`),
      'opted out': error(400, 21610, `Attempt to send to unsubscribed recipient ${To}`),
      throttles: { ...error(429, 20429, 'Too Many Requests'), headers: { 'retry-after': '1' } },
    });
  };
}
