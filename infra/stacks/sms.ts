import { Aws, CfnParameter, Stack } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import { Subscriber } from '../constructs/subscriber.ts';
import type { Stage } from '../stages.ts';

/** Sends the welcome text. */
export class SmsStack extends Stack {
  constructor(scope: Construct, id: string, props: { stage: Stage; memberEvents: ITopic; alarms: ITopic }) {
    super(scope, id);
    const { stage, memberEvents, alarms } = props;
    const subscriber = new Subscriber(this, 'Subscriber', {
      stage,
      name: 'sms',
      topic: memberEvents,
      entry: 'functions/sms/events.handler.ts',
      environment: this.providerEnvironment(stage),
      alarms,
    });
    if (stage.sms.provider === 'aws') {
      subscriber.grantToFunctions(
        new PolicyStatement({
          actions: ['sms-voice:SendTextMessage'],
          resources: ['phone-number', 'sender-id', 'pool'].map(
            (kind) => `arn:${Aws.PARTITION}:sms-voice:${Aws.REGION}:${Aws.ACCOUNT_ID}:${kind}/*`,
          ),
        }),
      );
    }
  }

  private providerEnvironment({ sms }: Stage): Record<string, string> {
    if (sms.provider === 'aws') return { PROVIDER: 'aws', ORIGINATION_IDENTITY: sms.originationIdentity };
    const url = new CfnParameter(this, 'SmsGatewayUrl', {
      default: sms.gatewayUrl,
      description: 'Where the SMS gateway listens: texts go to POST {url}/messages.',
    });
    return { PROVIDER: 'http', GATEWAY_URL: url.valueAsString };
  }
}
