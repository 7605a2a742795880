import { readEnvironment, text } from '@rollcall/kit/aws/environment';
import { subscriberFunctions } from '@rollcall/kit/messaging/subscriber-functions';
import * as z from 'zod';
import type { Capability } from '../../shared/config/capabilities.ts';
import { smsCommands } from '../../shared/contracts/channels.ts';
import { commandHandlers, contracts } from './commands.ts';
import { configuredTexting } from './configured-texting.ts';

const { CONTACTS_TABLE } = readEnvironment(z.object({ CONTACTS_TABLE: text }));

export const { consume, sweep } = subscriberFunctions({
  service: 'sms-commands',
  source: 'sms',
  capability: 'sms' satisfies Capability,
  channel: smsCommands,
  cursorKey: 'command',
  contracts,
  unordered: true,
  handlers: ({ client, mode }) =>
    commandHandlers({ client, contactsTable: CONTACTS_TABLE, ...configuredTexting({ mode }) }),
});
