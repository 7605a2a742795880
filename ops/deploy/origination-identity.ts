import {
  DescribePhoneNumbersCommand,
  DescribePoolsCommand,
  DescribeSenderIdsCommand,
  type PinpointSMSVoiceV2Client,
} from '@aws-sdk/client-pinpoint-sms-voice-v2';

/**
 * The status of a phone number, a pool or a sender id: SMS are sent only from an `ACTIVE` one.
 * @param arn as in
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsendusermessagingsmsandvoicev2.html
 * @throws {Error} also if it does not exist (ResourceNotFoundException)
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
