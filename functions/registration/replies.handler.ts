import * as z from 'zod';
import { readEnvironment, text } from '../../shared/config/environment.ts';
import { registrationReplies } from '../../shared/contracts/channels.ts';
import { subscriberFunctions } from '../../shared/messaging/subscriber-functions.ts';
import { createOperationsStore } from './operations-store.ts';
import { contracts, replyHandlers } from './replies.ts';

const { MEMBERS_TABLE, OUTBOX_TABLE } = readEnvironment(z.object({ MEMBERS_TABLE: text, OUTBOX_TABLE: text }));

export const { consume, sweep, deadLetters } = subscriberFunctions({
  service: 'registration-replies',
  channel: registrationReplies,
  cursorKey: 'reply',
  contracts,
  unordered: true,
  handlers({ client, now, newId }) {
    const store = createOperationsStore({ client, membersTable: MEMBERS_TABLE, outboxTable: OUTBOX_TABLE });
    return replyHandlers({ client, store, membersTable: MEMBERS_TABLE, now, newId });
  },
});
