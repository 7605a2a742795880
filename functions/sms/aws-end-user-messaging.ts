import {
  ConflictException,
  type PinpointSMSVoiceV2Client,
  SendTextMessageCommand,
  ValidationException,
} from '@aws-sdk/client-pinpoint-sms-voice-v2';
import { PermanentError } from '../../shared/messaging/errors.ts';
import { SEND_TIMEOUT_MS, type SmsProvider } from './provider.ts';

/**
 * AWS End User Messaging. SendTextMessage has no idempotency key, so a text whose acceptance was not heard of is sent
 * again; the key goes along as context, into the delivery events.
 */
export function createAwsEndUserMessaging(options: {
  client: PinpointSMSVoiceV2Client;
  /** A phone number, sender id or pool: its id or ARN. */
  originationIdentity: string;
}): SmsProvider {
  const { client, originationIdentity } = options;
  return {
    async send({ to, text, idempotencyKey }) {
      try {
        await client.send(
          new SendTextMessageCommand({
            DestinationPhoneNumber: to,
            OriginationIdentity: originationIdentity,
            MessageBody: text,
            MessageType: 'TRANSACTIONAL',
            Context: { idempotencyKey },
          }),
          { abortSignal: AbortSignal.timeout(SEND_TIMEOUT_MS) },
        );
      } catch (cause) {
        // A number that is malformed, or that opted out, stays so.
        if (cause instanceof ValidationException || cause instanceof ConflictException) {
          throw new PermanentError(`AWS End User Messaging refused the text: ${cause.Reason}`, { cause });
        }
        throw cause;
      }
    },
  };
}
