import { ServiceSecret } from '@rollcall/cdk';
import { CfnParameter, type Stack } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { SmsProviderName } from '../../shared/config/sms-settings.ts';
import type { Stage } from '../stages.ts';
import type { SmsEvents } from './sms-events.ts';

const MANUAL_ROTATION =
  'A person changes credentials at the provider first, and then fills in the secret: functions read it again within five minutes.';

/** Environment and permissions of functions. */
export interface FunctionAccess {
  environment: Record<string, string>;
  statement?: PolicyStatement;
}

/** The requirements of a provider: for functions that send, and for the function behind its webhook, if it has one. */
export interface SmsProvider extends FunctionAccess {
  webhook?: FunctionAccess;
}

/** An address without a common default has none: otherwise SMS would be lost. */
export function smsProvider(
  scope: Stack,
  name: SmsProviderName,
  stage: Stage,
  events: SmsEvents | undefined,
): SmsProvider {
  switch (name) {
    case 'http': {
      const url = new CfnParameter(scope, 'SmsGatewayUrl', {
        description:
          'URL of the SMS gateway: texts go to POST {url}/messages. Or discover:NAME, for a service whose instances register themselves.',
      });
      return { environment: { GATEWAY_URL: url.valueAsString }, webhook: webhookSecret(scope, stage, 'Http') };
    }
    case 'aws': {
      const identity = new CfnParameter(scope, 'SmsOriginationIdentity', {
        description: 'ARN of the phone number, sender ID or pool of AWS End User Messaging that sends the texts.',
        allowedPattern: '^arn:[^:]+:sms-voice:.+$',
      });
      return {
        environment: {
          ORIGINATION_IDENTITY: identity.valueAsString,
          ...(events && { CONFIGURATION_SET: events.configurationSet.ref }),
        },
        statement: new PolicyStatement({
          actions: ['sms-voice:SendTextMessage'],
          // The service authorization reference does not say which of the two is checked.
          resources: [identity.valueAsString, ...(events ? [events.configurationSet.attrArn] : [])],
        }),
      };
    }
    case 'twilio':
      return withTwilioSecret(scope, stage);
    case 'alibaba':
      return {
        ...withSecret(scope, stage, 'Alibaba', 'https://dysmsapi.ap-southeast-1.aliyuncs.com', 'accessKeySecret', {
          accessKeyId: '',
          from: '',
        }),
        webhook: webhookSecret(scope, stage, 'Alibaba'),
      };
  }
}

/** Twilio signs with its API token. */
function withTwilioSecret(scope: Stack, stage: Stage): SmsProvider {
  const needs = withSecret(scope, stage, 'Twilio', 'https://api.twilio.com', 'authToken', {
    accountSid: '',
    from: '',
  });
  return { ...needs, webhook: needs };
}

/** The secret that authenticates a provider's webhook; an operator configures it at the provider. */
function webhookSecret(scope: Stack, stage: Stage, name: string): FunctionAccess {
  const secret = new ServiceSecret(scope, `${name}Webhooks`, {
    stage,
    name: `${name.toLowerCase()}-webhooks`,
    description: `What proves that a webhook is called by the provider ${name.toLowerCase()}, as JSON: key.`,
    generate: {
      secretStringTemplate: '{}',
      generateStringKey: 'key',
      // 48 bytes in base64.
      passwordLength: 64,
      excludePunctuation: true,
    },
    notRotated: MANUAL_ROTATION,
  });
  return {
    environment: { [`${name.toUpperCase()}_WEBHOOKS_SECRET`]: secret.secretArn },
    statement: new PolicyStatement({ actions: ['secretsmanager:GetSecretValue'], resources: [secret.secretArn] }),
  };
}

/** A provider whose credentials are in a secret that an operator fills in. */
function withSecret(
  scope: Stack,
  stage: Stage,
  name: string,
  address: string,
  key: string,
  fields: Record<string, string>,
): FunctionAccess {
  const url = new CfnParameter(scope, `${name}Url`, { default: address, description: `Where ${name} listens.` });
  const secret = new ServiceSecret(scope, `${name}Credentials`, {
    stage,
    name: name.toLowerCase(),
    description: `Credentials of ${name}, as JSON: ${[...Object.keys(fields), key].join(', ')}.`,
    generate: { secretStringTemplate: JSON.stringify(fields), generateStringKey: key },
    notRotated: MANUAL_ROTATION,
  });
  const prefix = name.toUpperCase();
  return {
    environment: { [`${prefix}_URL`]: url.valueAsString, [`${prefix}_SECRET`]: secret.secretArn },
    statement: new PolicyStatement({ actions: ['secretsmanager:GetSecretValue'], resources: [secret.secretArn] }),
  };
}
