import type { Access } from '@rollcall/local/internal/iam/access';
import type { AccountAndRegion } from '@rollcall/local/internal/iam/requests';
import type { SentKeys } from '@rollcall/local/internal/iam/service-context';
import type { ResourceProvider } from '@rollcall/local/internal/template/resource';
import type { Callbacks } from './callbacks.ts';

interface ConfigurationSetProperties {
  ConfigurationSetName?: string;
  EventDestinations?: Array<{ SnsDestination?: { TopicArn: string } }>;
}

/**
 * The condition keys that AWS End User Messaging sends with its calls to SNS. It sends none with calls to KMS:
 * https://docs.aws.amazon.com/sms-voice/latest/userguide/configuration-sets-sns-creating-role.html
 */
const SENDS: SentKeys = {
  'sns:Publish': ['aws:SourceArn', 'aws:SourceAccount'],
  'kms:Decrypt': [],
  'kms:GenerateDataKey': [],
};

export interface ConfigurationSetsOptions extends AccountAndRegion {
  callbacks: Pick<Callbacks, 'setAddress'>;
  access: Pick<Access, 'require'>;
  /** Collects checks that run after everything is deployed. */
  checks: Array<() => void>;
}

/**
 * Creates AWS::SMSVOICE::ConfigurationSet, which names the topic for events of the stand-in for AWS End User Messaging.
 */
export const configurationSets =
  ({ callbacks, access, region, accountId, checks }: ConfigurationSetsOptions): ResourceProvider =>
  async ({ stack, logicalId, properties }) => {
    const { ConfigurationSetName, EventDestinations = [] } = properties as ConfigurationSetProperties;
    const name = ConfigurationSetName ?? `${stack}-${logicalId}`;
    const arn = `arn:aws:sms-voice:${region}:${accountId}:configuration-set/${name}`;
    for (const { SnsDestination } of EventDestinations) {
      if (!SnsDestination) throw new Error('the embedded cloud supports only SNS as an event destination');
      const { TopicArn } = SnsDestination;
      callbacks.setAddress('aws', TopicArn);
      const principal = { service: 'sms-voice.amazonaws.com', source: arn, sends: SENDS };
      checks.push(() =>
        access.require({ principal, action: 'sns:Publish', resource: TopicArn }, `configuration set ${name}`),
      );
    }
    return { ref: name, attributes: { Arn: arn } };
  };
