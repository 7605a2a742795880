import { readEnvironment, text } from '@rollcall/kit/aws';
import { subscriberFunctions } from '@rollcall/kit/messaging';
import * as z from 'zod';
import { commandConsumer } from './commands.consumer.ts';
import { commandHandlers } from './commands.ts';
import { configuredTexting } from './configured-texting.ts';

const { CONTACTS_TABLE } = readEnvironment(z.object({ CONTACTS_TABLE: text }));

export const { consume, sweep } = subscriberFunctions(commandConsumer, ({ client, mode }) =>
  commandHandlers({ client, contactsTable: CONTACTS_TABLE, ...configuredTexting({ mode }) }),
);
