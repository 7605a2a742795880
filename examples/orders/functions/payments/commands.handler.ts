import { readEnvironment } from '@rollcall/kit/aws';
import { subscriberFunctions } from '@rollcall/kit/messaging';
import { createObservability } from '@rollcall/kit/observability';
import { createRemoteService, createStageBreaker } from '@rollcall/kit/resilience';
import * as z from 'zod';
import { commandConsumer } from './commands.consumer.ts';
import { paymentHandlers } from './payments.ts';
import { callProvider } from './provider.ts';

const { PROVIDER_URL } = readEnvironment(z.object({ PROVIDER_URL: z.url() }));
const { logger } = createObservability('payments');

const pay = createRemoteService({
  name: 'the payment provider',
  call: callProvider(PROVIDER_URL),
  timeoutMs: 2_000,
  atOnce: 10,
  breaker: createStageBreaker({ name: 'payment-provider', logger }),
});

export const { consume, sweep } = subscriberFunctions(commandConsumer, (context) => paymentHandlers(pay, context));
