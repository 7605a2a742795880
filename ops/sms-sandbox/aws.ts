import { randomUUID } from 'node:crypto';
import type { Access } from '@rollcall/local/internal/iam/access';
import type { AccountAndRegion, AskedFor } from '@rollcall/local/internal/iam/requests';
import { signedBy } from '@rollcall/local/internal/iam/signature';
import type { Callbacks } from './callbacks.ts';
import type { DeliveryOutcome, Mailbox } from './mailbox.ts';
import type { Answer } from './wire.ts';

const error = (status: number, type: string, more: object = {}): Answer => ({
  status,
  body: { __type: type, Message: type, ...more },
});

/**
 * Returns a function that determines the IAM action and resource of a call:
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsendusermessagingsmsandvoicev2.html
 */
export function askedForOf({ region, accountId }: AccountAndRegion) {
  return (operation: string, body: string): AskedFor[] => {
    const identity = String((JSON.parse(body) as { OriginationIdentity?: string }).OriginationIdentity);
    const arn = `arn:aws:sms-voice:${region}:${accountId}:phone-number/${identity}`;
    return [{ action: `sms-voice:${operation}`, resource: identity.startsWith('arn:') ? identity : arn }];
  };
}

interface SendTextMessageInput {
  DestinationPhoneNumber?: string;
  MessageBody?: string;
  ConfigurationSetName?: string;
  Context?: Record<string, string>;
}

/**
 * Creates the stand-in for AWS End User Messaging: `PinpointSMSVoiceV2.SendTextMessage`, behind the cloud's AWS
 * endpoint.
 */
export function awsOf(
  mailbox: Mailbox,
  callbacks: Pick<Callbacks, 'addressOf'>,
  access: Pick<Access, 'secretOf' | 'region'>,
) {
  return async (operation: string, body: string, headers: Record<string, string>): Promise<Answer | undefined> => {
    const signed = { method: 'POST', path: '/', headers, body };
    if (!(await signedBy(signed, { service: 'sms-voice', region: access.region }, (key) => access.secretOf(key))))
      return error(403, 'InvalidSignatureException');
    if (operation !== 'SendTextMessage') return error(400, 'UnknownOperationException');
    const input = JSON.parse(body) as SendTextMessageInput;
    const { DestinationPhoneNumber: to = '', MessageBody: text = '', ConfigurationSetName, Context = {} } = input;
    // Receipts are published to the topic of the configuration set.
    const address = ConfigurationSetName === undefined ? undefined : callbacks.addressOf('aws');
    if (!/^\+[1-9]\d{6,14}$/.test(to)) return error(400, 'ValidationException', { Reason: 'INVALID_PARAMETER' });
    const accept = (outcome: DeliveryOutcome): Answer => {
      const receipt = address === undefined ? undefined : { address, reference: Context.reference ?? '' };
      mailbox.store({ to, text, provider: 'aws', receipt }, outcome);
      return { status: 200, body: { MessageId: randomUUID() } };
    };
    return mailbox.respond(['aws'], undefined, accept, {
      fails: error(500, 'InternalServerException', { Message: `No answer for ${to}.` }),
      // AWS's error messages contain the phone, so the application must not log them.
      refuses: error(400, 'ValidationException', {
        Reason: 'INVALID_PARAMETER',
        Message: `Value '${to}' at 'destinationPhoneNumber' is no phone number.`,
      }),
      'opted out': error(400, 'ConflictException', {
        Reason: 'DESTINATION_PHONE_NUMBER_OPTED_OUT',
        Message: `Value '${to}' at 'destinationPhoneNumber' is opted out.`,
      }),
      throttles: error(400, 'ThrottlingException'),
    });
  };
}
