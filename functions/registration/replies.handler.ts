import { readEnvironment, text } from '@rollcall/kit/aws';
import { subscriberFunctions } from '@rollcall/kit/messaging';
import * as z from 'zod';
import { createOperationsErasure } from './operations-erasure.ts';
import { replyConsumer } from './replies.consumer.ts';
import { replyHandlers } from './replies.ts';

const { MEMBERS_TABLE: membersTable } = readEnvironment(z.object({ MEMBERS_TABLE: text }));

export const { consume, sweep } = subscriberFunctions(replyConsumer, ({ client }) =>
  replyHandlers({ client, membersTable, eraseOperationsOf: createOperationsErasure({ client, membersTable }) }),
);
