import type { ResourceProvider } from '../template/resource.ts';
import { physicalName, type Runtime } from './runtime.ts';

interface ConfigurationSetProperties {
  ConfigurationSetName?: string;
  EventDestinations?: Array<{ SnsDestination?: { TopicArn: string } }>;
}

/** AWS::SMSVOICE::ConfigurationSet: the topic that the stand-in of AWS End User Messaging tells. */
export const configurationSets =
  ({ callbacks, access, region, accountId, checks }: Runtime): ResourceProvider =>
  async ({ stack, logicalId, properties }) => {
    const { ConfigurationSetName, EventDestinations = [] } = properties as ConfigurationSetProperties;
    const name = physicalName(ConfigurationSetName, stack, logicalId);
    const arn = `arn:aws:sms-voice:${region}:${accountId}:configuration-set/${name}`;
    for (const { SnsDestination } of EventDestinations) {
      if (!SnsDestination) throw new Error('the embedded cloud has event destinations of SNS only');
      const { TopicArn } = SnsDestination;
      callbacks.setAddress('aws', TopicArn);
      checks.push(() =>
        access.require(
          {
            principal: { service: 'sms-voice.amazonaws.com', source: arn },
            action: 'sns:Publish',
            resource: TopicArn,
          },
          `configuration set ${name}`,
        ),
      );
    }
    return { ref: name, attributes: { Arn: arn } };
  };
