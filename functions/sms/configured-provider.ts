import { PinpointSMSVoiceV2Client } from '@aws-sdk/client-pinpoint-sms-voice-v2';
import * as z from 'zod';
import { clientDefaults } from '../../shared/aws/clients.ts';
import { readEnvironment, text } from '../../shared/config/environment.ts';
import { createAwsEndUserMessaging } from './aws-end-user-messaging.ts';
import { createHttpGateway } from './http-gateway.ts';
import { SEND_TIMEOUT_MS, type SmsProvider } from './provider.ts';

/** The provider that the function's environment names. */
export function configuredProvider(): SmsProvider {
  const environment = readEnvironment(
    z.discriminatedUnion('PROVIDER', [
      z.object({ PROVIDER: z.literal('http'), GATEWAY_URL: z.url() }),
      z.object({ PROVIDER: z.literal('aws'), ORIGINATION_IDENTITY: text }),
    ]),
  );
  if (environment.PROVIDER === 'http') return createHttpGateway({ url: environment.GATEWAY_URL });
  return createAwsEndUserMessaging({
    // A retry of the SDK could send a text twice; the subscriber tries again in its own time.
    client: new PinpointSMSVoiceV2Client({
      maxAttempts: 1,
      requestHandler: { ...clientDefaults.requestHandler, requestTimeout: SEND_TIMEOUT_MS },
    }),
    originationIdentity: environment.ORIGINATION_IDENTITY,
  });
}
