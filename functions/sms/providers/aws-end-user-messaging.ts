import {
  type PinpointSMSVoiceV2Client,
  PinpointSMSVoiceV2ServiceException,
  SendTextMessageCommand,
  ThrottlingException,
} from '@aws-sdk/client-pinpoint-sms-voice-v2';
import { NotServedError, RejectedError, ThrottledError, UnavailableError } from '@rollcall/kit/resilience';
import { OptedOutError } from '../opt-outs.ts';
import type { SmsProvider } from './provider.ts';

const THROTTLED_MS = 1_000;
const OPTED_OUT = 'DESTINATION_PHONE_NUMBER_OPTED_OUT';

/**
 * Reasons that concern the recipient or the parameters of the SMS. For other reasons, such as a missing pool, an
 * operator must fix the cause
 * (https://docs.aws.amazon.com/pinpoint/latest/apireference_smsvoicev2/API_SendTextMessage.html).
 */
const PERMANENT = new Set([
  'INVALID_PARAMETER',
  'DESTINATION_COUNTRY_BLOCKED_BY_PROTECT_CONFIGURATION',
  'DESTINATION_PHONE_NUMBER_BLOCKED_BY_PROTECT_NUMBER_OVERRIDE',
]);

/**
 * AWS End User Messaging. SendTextMessage does not support idempotency keys, so an SMS with an unknown outcome may be
 * sent twice. The key is sent as context, which appears in the delivery events.
 */
export function createAwsEndUserMessaging(options: {
  client: PinpointSMSVoiceV2Client;
  /** The ID or ARN of a phone number, a sender ID or a pool. */
  originationIdentity: string;
  /** The configuration set whose events become receipts. */
  configurationSet?: string | undefined;
}): SmsProvider {
  const { client, originationIdentity, configurationSet } = options;
  return {
    honoursKey: false,
    async send({ to, text, idempotencyKey, reference }, { signal }) {
      try {
        await client.send(
          new SendTextMessageCommand({
            DestinationPhoneNumber: to,
            OriginationIdentity: originationIdentity,
            MessageBody: text,
            MessageType: 'TRANSACTIONAL',
            Context: { idempotencyKey, ...(reference && { reference }) },
            ...(configurationSet && reference && { ConfigurationSetName: configurationSet }),
          }),
          { abortSignal: signal },
        );
      } catch (cause) {
        throw failureOf(cause as Error);
      }
    },
  };
}

function failureOf(cause: Error): Error {
  // Does not pass on the error or its message, because AWS's validation errors contain the phone.
  const reason = (cause as { Reason?: string }).Reason ?? '';
  const refused = `AWS End User Messaging refused the SMS: ${reason}`;
  if (reason === OPTED_OUT) return new OptedOutError(refused);
  if (PERMANENT.has(reason)) return new RejectedError(refused);
  const failure = `AWS End User Messaging: ${[cause.name, reason].filter(Boolean).join(', ')}`;
  if (cause instanceof ThrottlingException) return new ThrottledError(failure, THROTTLED_MS);
  if (cause instanceof PinpointSMSVoiceV2ServiceException && cause.$fault === 'client')
    return new NotServedError(failure);
  // If the service returned an error or refused the connection, the SMS was not sent. After any other failure, such as
  // an aborted call, the outcome is unknown.
  const outcomeUnknown = !(cause instanceof PinpointSMSVoiceV2ServiceException || /ECONNREFUSED/.test(cause.message));
  return new UnavailableError(failure, { outcomeUnknown });
}
