import { readEnvironment, text } from '@rollcall/kit/aws';
import { subscriberFunctions } from '@rollcall/kit/messaging';
import * as z from 'zod';
import { createOperationsStore } from './operations-store.ts';
import { replyConsumer } from './replies.consumer.ts';
import { replyHandlers } from './replies.ts';

const { MEMBERS_TABLE, OUTBOX_TABLE } = readEnvironment(z.object({ MEMBERS_TABLE: text, OUTBOX_TABLE: text }));

export const { consume, sweep } = subscriberFunctions(replyConsumer, ({ client }) => {
  const store = createOperationsStore({ client, membersTable: MEMBERS_TABLE, outboxTable: OUTBOX_TABLE });
  return replyHandlers({ client, store, membersTable: MEMBERS_TABLE });
});
