import * as z from 'zod';
import { createDynamoDB } from '../../shared/aws/clients.ts';
import { readEnvironment, text } from '../../shared/config/environment.ts';
import { createSubscriber } from '../../shared/messaging/subscriber.ts';
import { subscriberFunctions } from '../../shared/messaging/subscriber-functions.ts';
import { createSubscriberStore } from '../../shared/messaging/subscriber-store.ts';
import { createObservability } from '../../shared/observability/observability.ts';
import { contracts, JOURNEY, journeyHandlers } from './journey.ts';

const { TABLE } = readEnvironment(z.object({ TABLE: text }));

const subscriber = createSubscriber({
  store: createSubscriberStore({ client: createDynamoDB(), tableName: TABLE, cursorKey: JOURNEY }),
  contracts,
  handlers: journeyHandlers,
  now: () => new Date(),
});

export const { consume, sweep } = subscriberFunctions(subscriber, createObservability('guide'));
