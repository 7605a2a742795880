import { createDynamoDB, readEnvironment, text } from '@rollcall/kit/aws';
import { subscriberFunctions } from '@rollcall/kit/messaging';
import { createObservability } from '@rollcall/kit/observability';
import { classify, createBreaker, createCircuitStore, createRemoteService } from '@rollcall/kit/resilience';
import * as z from 'zod';
import { commandConsumer } from './commands.consumer.ts';
import { paymentHandlers } from './payments.ts';
import { askProvider } from './provider.ts';

const { PROVIDER_URL, CIRCUITS_TABLE } = readEnvironment(z.object({ PROVIDER_URL: z.url(), CIRCUITS_TABLE: text }));
const { logger } = createObservability('payments');
const store = createCircuitStore({ client: createDynamoDB(), tableName: CIRCUITS_TABLE, random: Math.random });

const pay = createRemoteService({
  name: 'the payment provider',
  call: askProvider(PROVIDER_URL),
  timeoutMs: 2_000,
  atOnce: 10,
  breaker: createBreaker({
    name: 'payment-provider',
    store,
    classify,
    now: () => new Date(),
    onChange: async (state) => logger.warn(`the circuit is ${state.is}`),
    onFailure: (error) => logger.warn('the circuit cannot be kept: the last known holds', { error }),
  }),
});

export const { consume, sweep } = subscriberFunctions(commandConsumer, ({ correspondence, now }) =>
  paymentHandlers({ pay, correspondence, now }),
);
