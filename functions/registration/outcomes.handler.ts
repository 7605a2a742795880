import { readEnvironment, text } from '@rollcall/kit/aws/environment';
import { subscriberFunctions } from '@rollcall/kit/messaging/subscriber-functions';
import * as z from 'zod';
import { registrationOutcomes } from '../../shared/contracts/channels.ts';
import { createOperationsStore } from './operations-store.ts';
import { outcomeHandlers } from './outcomes.ts';

const { MEMBERS_TABLE, OUTBOX_TABLE } = readEnvironment(z.object({ MEMBERS_TABLE: text, OUTBOX_TABLE: text }));

export const { consume, sweep } = subscriberFunctions({
  service: registrationOutcomes.name,
  channel: registrationOutcomes,
  cursorKey: 'reply',
  contracts: registrationOutcomes.messages,
  idempotent: true,
  handlers: ({ client, now, newId }) =>
    outcomeHandlers({
      store: createOperationsStore({ client, membersTable: MEMBERS_TABLE, outboxTable: OUTBOX_TABLE }),
      now,
      newId,
    }),
});
