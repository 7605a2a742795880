import { readEnvironment, text } from '@rollcall/kit/aws';
import { subscriberFunctions } from '@rollcall/kit/messaging';
import * as z from 'zod';
import { createOperationsStore } from './operations-store.ts';
import { outcomeConsumer } from './outcomes.consumer.ts';
import { outcomeHandlers } from './outcomes.ts';

const { MEMBERS_TABLE, OUTBOX_TABLE } = readEnvironment(z.object({ MEMBERS_TABLE: text, OUTBOX_TABLE: text }));

export const { consume, sweep } = subscriberFunctions(outcomeConsumer, ({ client, now, newId }) =>
  outcomeHandlers({
    store: createOperationsStore({ client, membersTable: MEMBERS_TABLE, outboxTable: OUTBOX_TABLE }),
    now,
    newId,
  }),
);
