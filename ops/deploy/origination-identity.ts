import {
  DescribePhoneNumbersCommand,
  DescribePoolsCommand,
  DescribeSenderIdsCommand,
  type PinpointSMSVoiceV2Client,
} from '@aws-sdk/client-pinpoint-sms-voice-v2';

/**
 * What becomes of texts that come from a phone number, a pool or a sender id: those of an `ACTIVE` one are sent.
 * @param arn as in https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsendusermessagingsmsandvoicev2.html
 * @throws {Error} also if the account has none by that ARN (ResourceNotFoundException)
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
      // It has no status of its own.
      return found?.[0] && 'ACTIVE';
    }
    default:
      return undefined;
  }
}
