import { readEnvironment, text } from '@rollcall/kit/aws/environment';
import { subscriberFunctions } from '@rollcall/kit/messaging/subscriber-functions';
import * as z from 'zod';
import { registrationReplies } from '../../shared/contracts/channels.ts';
import { createOperationsStore } from './operations-store.ts';
import { replyHandlers } from './replies.ts';

const { MEMBERS_TABLE, OUTBOX_TABLE } = readEnvironment(z.object({ MEMBERS_TABLE: text, OUTBOX_TABLE: text }));

export const { consume, sweep } = subscriberFunctions({
  service: registrationReplies.name,
  channel: registrationReplies,
  cursorKey: 'reply',
  contracts: registrationReplies.messages,
  idempotent: true,
  handlers({ client }) {
    const store = createOperationsStore({ client, membersTable: MEMBERS_TABLE, outboxTable: OUTBOX_TABLE });
    return replyHandlers({ client, store, membersTable: MEMBERS_TABLE });
  },
});
