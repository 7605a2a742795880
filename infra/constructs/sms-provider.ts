import { ServiceSecret } from '@rollcall/cdk';
import { CfnParameter, type Stack } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { SmsProviderName } from '../../shared/config/sms-settings.ts';
import type { Stage } from '../stages.ts';
import type { SmsEvents } from './sms-events.ts';

const MANUAL_ROTATION =
  'A person changes the credentials at the provider first, and then in the secret. Functions read the secret again within five minutes.';

/** The environment and permission that a function needs. */
export interface FunctionAccess {
  environment: Record<string, string>;
  statement?: PolicyStatement;
}

/** The access that a function needs to send SMS through a provider. */
export interface SmsProvider extends FunctionAccess {
  /** The access of the function that receives the provider's webhook calls. */
  webhook?: FunctionAccess;
}

/**
 * Adds the parameters and secrets of a provider. The URL of a gateway and the identity of a sender have no default, so
 * that an operator cannot forget to set them. With a default that is wrong for the stage, SMS would be lost.
 */
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
          'URL of the SMS gateway, which receives SMS at POST {url}/messages. Or discover:NAME, for a service whose instances register themselves.',
      });
      return { environment: { GATEWAY_URL: url.valueAsString }, webhook: webhookSecret(scope, stage, 'Http') };
    }
    case 'aws': {
      const identity = new CfnParameter(scope, 'SmsOriginationIdentity', {
        description: 'ARN of the phone number, sender ID or pool of AWS End User Messaging that sends the SMS.',
        allowedPattern: '^arn:[^:]+:sms-voice:.+$',
      });
      return {
        environment: {
          ORIGINATION_IDENTITY: identity.valueAsString,
          ...(events && { CONFIGURATION_SET: events.configurationSet.ref }),
        },
        statement: new PolicyStatement({
          actions: ['sms-voice:SendTextMessage'],
          // Lists both resources, because the service authorization reference does not specify which of them IAM
          // checks.
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

/** Twilio signs webhook calls with the auth token that API calls also need, so one secret is enough. */
function withTwilioSecret(scope: Stack, stage: Stage): SmsProvider {
  const access = withSecret(scope, stage, 'Twilio', 'https://api.twilio.com', 'authToken', {
    accountSid: '',
    from: '',
  });
  return { ...access, webhook: access };
}

/** Adds the secret that authenticates a provider's webhook calls. An operator configures it at the provider. */
function webhookSecret(scope: Stack, stage: Stage, name: string): FunctionAccess {
  const secret = new ServiceSecret(scope, `${name}Webhooks`, {
    stage,
    name: `${name.toLowerCase()}-webhooks`,
    description: `Key that authenticates webhook calls of the provider ${name.toLowerCase()}, as JSON: key.`,
    generate: {
      secretStringTemplate: '{}',
      generateStringKey: 'key',
      // Letters and digits. The check of http-gateway.ts decodes them as base64, to 48 bytes.
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

/**
 * Adds the parameter for the URL of a provider's API, and the secret for the credentials, which an operator fills in.
 */
function withSecret(
  scope: Stack,
  stage: Stage,
  name: string,
  address: string,
  key: string,
  fields: Record<string, string>,
): FunctionAccess {
  const url = new CfnParameter(scope, `${name}Url`, { default: address, description: `URL of the API of ${name}.` });
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
