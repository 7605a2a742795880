import { Aws, CfnParameter, Stack } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { Subscriber } from '../constructs/subscriber.ts';
import type { Stage } from '../stages.ts';
import type { ServiceProps } from './foundation.ts';

/** Sends the welcome text. */
export class SmsStack extends Stack {
  constructor(scope: Construct, id: string, { stage, memberEvents, alarms }: ServiceProps) {
    super(scope, id);
    const subscriber = new Subscriber(this, 'Subscriber', {
      stage,
      name: 'sms',
      topic: memberEvents,
      entry: 'functions/sms/events.handler.ts',
      environment: this.providerEnvironment(stage),
      alarms,
    });
    if (stage.smsProvider === 'aws') {
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

  /** The parameters have no default: a deployment that does not say where texts go would lose them all. */
  private providerEnvironment({ smsProvider }: Stage): Record<string, string> {
    if (smsProvider === 'aws') {
      const identity = new CfnParameter(this, 'SmsOriginationIdentity', {
        description: 'Phone number, sender id or pool of AWS End User Messaging that texts come from: its id or ARN.',
      });
      return { PROVIDER: 'aws', ORIGINATION_IDENTITY: identity.valueAsString };
    }
    const url = new CfnParameter(this, 'SmsGatewayUrl', {
      description: 'Where the SMS gateway listens: texts go to POST {url}/messages.',
    });
    return { PROVIDER: 'http', GATEWAY_URL: url.valueAsString };
  }
}
