import { CfnParameter, Stack } from 'aws-cdk-lib';
import { AttributeType } from 'aws-cdk-lib/aws-dynamodb';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import type { SmsProviderName } from '../../shared/config/sms-settings.ts';
import { memberEvents, registrationReplies, smsCommands } from '../../shared/contracts/channels.ts';
import { memberRegisteredV2 } from '../../shared/contracts/member-registered.v2.ts';
import { raiseAlarm } from '../constructs/alarms.ts';
import { Consumer } from '../constructs/consumer.ts';
import { serviceMetric } from '../constructs/service-metric.ts';
import { ServiceSecret } from '../constructs/service-secret.ts';
import { ServiceTable } from '../constructs/service-table.ts';
import { Subscriber } from '../constructs/subscriber.ts';
import type { Stage } from '../stages.ts';
import type { ServiceProps } from './foundation.ts';

/** What a provider needs: settings of the functions, and what they may do. */
interface Provider {
  environment: Record<string, string>;
  statement?: PolicyStatement;
}

/** Sends texts: the welcome, and whatever a service wants a member to be told. */
export class SmsStack extends Stack {
  constructor(scope: Construct, id: string, { stage, channels, alarms, governance }: ServiceProps) {
    super(scope, id);
    const subscriber = new Subscriber(this, 'Subscriber', {
      stage,
      name: 'sms',
      topic: memberEvents,
      without: [memberRegisteredV2],
      entry: 'functions/sms/events.handler.ts',
      channels,
      sendsTo: [registrationReplies],
      alarms,
      governance,
    });
    const commands = new Consumer(this, 'Commands', {
      stage,
      name: smsCommands.name,
      queue: channels.queue(smsCommands),
      entry: 'functions/sms/commands.handler.ts',
      unordered: true,
      channels,
      alarms,
      governance,
    });
    commands.uses('CONTACTS_TABLE', subscriber.table, 'GetItem');

    const limits = new ServiceTable(this, 'Limits', {
      stage,
      tableName: `rollcall-${stage.name}-sms-limits`,
      partitionKey: { name: 'pk', type: AttributeType.STRING },
      timeToLiveAttribute: 'expiresAt',
    });
    const providers = stage.sms.providers.map((name) => this.#provider(name, stage));
    for (const sender of [subscriber, commands]) {
      sender.uses('SMS_LIMITS_TABLE', limits, 'BatchGetItem', 'UpdateItem', 'PutItem');
      sender.extend({ ...governance.environment, SMS: JSON.stringify(stage.sms) }, (fn) => {
        governance.allowBreaking(fn);
        governance.allowPseudonyms(fn);
        governance.allowDiscovering(fn);
        if (stage.sms.modeWhenCircuitOpens !== null) governance.allowSwitching(fn);
      });
      for (const { environment, statement } of providers) {
        sender.extend(environment, (fn) => {
          if (statement) fn.addToRolePolicy(statement);
        });
      }
    }
    this.#raiseAlarms(stage, alarms);
  }

  /** Addresses have no default where there is none that everybody has: texts would be lost. */
  #provider(name: SmsProviderName, stage: Stage): Provider {
    switch (name) {
      case 'http': {
        const url = new CfnParameter(this, 'SmsGatewayUrl', {
          description:
            'Where the SMS gateway listens: texts go to POST {url}/messages. Or discover:NAME, for a service whose instances register themselves.',
        });
        return { environment: { GATEWAY_URL: url.valueAsString } };
      }
      case 'aws': {
        const identity = new CfnParameter(this, 'SmsOriginationIdentity', {
          description: 'Phone number, sender id or pool of AWS End User Messaging that texts come from: its ARN.',
          allowedPattern: '^arn:[^:]+:sms-voice:.+$',
        });
        return {
          environment: { ORIGINATION_IDENTITY: identity.valueAsString },
          statement: new PolicyStatement({
            actions: ['sms-voice:SendTextMessage'],
            resources: [identity.valueAsString],
          }),
        };
      }
      case 'twilio':
        return this.#withSecret(stage, 'Twilio', 'https://api.twilio.com', 'authToken', { accountSid: '', from: '' });
      case 'alibaba':
        return this.#withSecret(stage, 'Alibaba', 'https://dysmsapi.ap-southeast-1.aliyuncs.com', 'accessKeySecret', {
          accessKeyId: '',
          from: '',
        });
    }
  }

  /** A provider whose credentials are a secret that an operator fills in. */
  #withSecret(stage: Stage, name: string, address: string, key: string, fields: Record<string, string>): Provider {
    const url = new CfnParameter(this, `${name}Url`, { default: address, description: `Where ${name} listens.` });
    const secret = new ServiceSecret(this, `${name}Credentials`, {
      stage,
      name: name.toLowerCase(),
      description: `Credentials of ${name}, as JSON: ${[...Object.keys(fields), key].join(', ')}.`,
      generate: { secretStringTemplate: JSON.stringify(fields), generateStringKey: key },
    });
    const prefix = name.toUpperCase();
    return {
      environment: { [`${prefix}_URL`]: url.valueAsString, [`${prefix}_SECRET`]: secret.secretArn },
      statement: new PolicyStatement({ actions: ['secretsmanager:GetSecretValue'], resources: [secret.secretArn] }),
    };
  }

  #raiseAlarms(stage: Stage, topic: ServiceProps['alarms']): void {
    const counted = [
      [
        'circuit-opened',
        'CircuitOpened',
        'An SMS provider failed so often that it is left alone; the next one takes over, or texts wait.',
      ],
      [
        'text-budget-nearly-spent',
        'TextBudgetNearlySpent',
        "Four fifths of the day's texts are sent. What exceeds the budget is held.",
      ],
      ['texts-held', 'TextsHeld', 'Texts were held back by a limit: fraud, or a limit that is too low.'],
    ] as const;
    for (const [chapter, name, meaning] of counted) {
      const metric = serviceMetric(stage, 'sms-providers', name, 'Sum');
      raiseAlarm(this, { stage, topic, chapter, metric, above: 0, minutes: 1, meaning });
    }
  }
}
