import { PinpointSMSVoiceV2Client } from '@aws-sdk/client-pinpoint-sms-voice-v2';
import * as z from 'zod';
import { clientDefaults, createDynamoDB } from '../../shared/aws/clients.ts';
import { readEnvironment, text } from '../../shared/config/environment.ts';
import { createSubscriber } from '../../shared/messaging/subscriber.ts';
import { subscriberFunctions } from '../../shared/messaging/subscriber-functions.ts';
import { createSubscriberStore } from '../../shared/messaging/subscriber-store.ts';
import { createObservability } from '../../shared/observability/observability.ts';
import { createAwsEndUserMessaging } from './aws-end-user-messaging.ts';
import { createHttpGateway } from './http-gateway.ts';
import type { SmsProvider } from './provider.ts';
import { contracts, welcomeHandlers } from './welcome.ts';

const environment = readEnvironment(
  z.discriminatedUnion('PROVIDER', [
    z.object({ TABLE: text, PROVIDER: z.literal('http'), GATEWAY_URL: z.url() }),
    z.object({ TABLE: text, PROVIDER: z.literal('aws'), ORIGINATION_IDENTITY: text }),
  ]),
);

function createProvider(): SmsProvider {
  if (environment.PROVIDER === 'http') return createHttpGateway({ url: environment.GATEWAY_URL });
  return createAwsEndUserMessaging({
    // A retry of the SDK could send a text twice; the subscriber tries again in its own time.
    client: new PinpointSMSVoiceV2Client({ ...clientDefaults, maxAttempts: 1 }),
    originationIdentity: environment.ORIGINATION_IDENTITY,
  });
}

const subscriber = createSubscriber({
  store: createSubscriberStore({ client: createDynamoDB(), tableName: environment.TABLE, cursorKey: 'cursor' }),
  contracts,
  handlers: welcomeHandlers(createProvider()),
  now: () => new Date(),
});

export const { consume, sweep } = subscriberFunctions(subscriber, createObservability('sms'));
