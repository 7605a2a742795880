import * as z from 'zod';
import { createDynamoDB } from '../../shared/aws/clients.ts';
import { count, readEnvironment, text } from '../../shared/config/environment.ts';
import { createSubscriber } from '../../shared/messaging/subscriber.ts';
import { subscriberFunctions } from '../../shared/messaging/subscriber-functions.ts';
import { createSubscriberStore } from '../../shared/messaging/subscriber-store.ts';
import { createObservability } from '../../shared/observability/observability.ts';
import { ACCOUNT, accountHandlers, contracts } from './account.ts';
import { createRules } from './rules.ts';

const environment = readEnvironment(z.object({ TABLE: text, DEFAULT_BONUS: count }));
const tableName = environment.TABLE;
const client = createDynamoDB();
const now = () => new Date();

const rules = createRules({ client, tableName, defaultBonus: environment.DEFAULT_BONUS, now });

const subscriber = createSubscriber({
  store: createSubscriberStore({ client, tableName, cursorKey: ACCOUNT }),
  contracts,
  handlers: accountHandlers({ tableName, bonus: rules.registrationBonus }),
  now,
});

export const { consume, sweep } = subscriberFunctions(subscriber, createObservability('points'));
