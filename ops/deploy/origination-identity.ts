import {
  DescribePhoneNumbersCommand,
  DescribePoolsCommand,
  DescribeSenderIdsCommand,
  type PinpointSMSVoiceV2Client,
} from '@aws-sdk/client-pinpoint-sms-voice-v2';

/**
 * Returns the status of a phone number, a pool or a sender ID. AWS sends SMS only if the status is `ACTIVE`.
 * @param arn in the format of
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsendusermessagingsmsandvoicev2.html
 * @returns undefined if the ARN is of another kind, or if AWS returns no such identity
 * @throws {Error} if AWS reports that the identity does not exist (ResourceNotFoundException), or if the call fails
 */
export async function statusOfIdentity(client: PinpointSMSVoiceV2Client, arn: string): Promise<string | undefined> {
  const [kind, id, IsoCountryCode] = arn.split(':').slice(5).join(':').split('/');
  switch (kind) {
    case 'phone-number': {
      const { PhoneNumbers } = await client.send(new DescribePhoneNumbersCommand({ PhoneNumberIds: [arn] }));
      return PhoneNumbers?.[0]?.Status;
    }
    case 'pool': {
      const { Pools } = await client.send(new DescribePoolsCommand({ PoolIds: [arn] }));
      return Pools?.[0]?.Status;
    }
    case 'sender-id': {
      const SenderIds = [{ SenderId: id, IsoCountryCode }];
      const { SenderIds: found } = await client.send(new DescribeSenderIdsCommand({ SenderIds }));
      // A sender ID has no status, so an existing one is treated as active.
      return found?.[0] && 'ACTIVE';
    }
    default:
      return undefined;
  }
}
