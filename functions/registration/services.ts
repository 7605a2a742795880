import { v7 as newId } from 'uuid';
import * as z from 'zod';
import { createDynamoDB } from '../../shared/aws/clients.ts';
import { readEnvironment, text } from '../../shared/config/environment.ts';
import { createMembers } from './members.ts';
import { createOperationsStore } from './operations-store.ts';
import { createRedemptions } from './redemptions.ts';
import { createMemberStore } from './store.ts';

/** The use cases of the registration service on its tables, for whatever protocol asks for them. */
export function createServices() {
  const { MEMBERS_TABLE, OUTBOX_TABLE } = readEnvironment(z.object({ MEMBERS_TABLE: text, OUTBOX_TABLE: text }));
  const client = createDynamoDB();
  const tables = { client, membersTable: MEMBERS_TABLE, outboxTable: OUTBOX_TABLE };
  const now = () => new Date();
  return {
    client,
    membersTable: MEMBERS_TABLE,
    members: createMembers({ store: createMemberStore(tables), now, newId }),
    redemptions: createRedemptions({ store: createOperationsStore(tables), now, newId }),
  };
}
