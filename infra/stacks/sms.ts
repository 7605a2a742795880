import { Aws, CfnParameter, Stack } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { memberEvents, registrationReplies, smsCommands } from '../../shared/contracts/channels.ts';
import { memberRegisteredV2 } from '../../shared/contracts/member-registered.v2.ts';
import { Consumer } from '../constructs/consumer.ts';
import { Subscriber } from '../constructs/subscriber.ts';
import type { Stage } from '../stages.ts';
import type { ServiceProps } from './foundation.ts';

/** Sends texts: the welcome, and whatever a service wants a member to be told. */
export class SmsStack extends Stack {
  constructor(scope: Construct, id: string, { stage, channels, alarms }: ServiceProps) {
    super(scope, id);
    const environment = this.providerEnvironment(stage);
    const subscriber = new Subscriber(this, 'Subscriber', {
      stage,
      name: 'sms',
      topic: memberEvents,
      without: [memberRegisteredV2],
      entry: 'functions/sms/events.handler.ts',
      environment,
      channels,
      sendsTo: [registrationReplies],
      alarms,
    });
    const commands = new Consumer(this, 'Commands', {
      stage,
      name: smsCommands.name,
      queue: channels.queue(smsCommands),
      entry: 'functions/sms/commands.handler.ts',
      environment,
      unordered: true,
      channels,
      alarms,
    });
    commands.uses('CONTACTS_TABLE', subscriber.table, 'GetItem');
    if (stage.smsProvider !== 'aws') return;
    for (const sender of [subscriber, commands]) {
      sender.grantToFunctions(
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
