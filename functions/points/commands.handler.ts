import { readEnvironment, text } from '@rollcall/kit/aws/environment';
import { subscriberFunctions } from '@rollcall/kit/messaging/subscriber-functions';
import * as z from 'zod';
import type { Capability } from '../../shared/config/capabilities.ts';
import { pointsCommands } from '../../shared/contracts/channels.ts';
import { commandHandlers, contracts } from './commands.ts';

const { POINTS_TABLE } = readEnvironment(z.object({ POINTS_TABLE: text }));

export const { consume, sweep } = subscriberFunctions({
  service: 'points-commands',
  source: 'points',
  capability: 'points' satisfies Capability,
  channel: pointsCommands,
  cursorKey: 'commands',
  contracts,
  handlers: ({ client, now, correspondence }) =>
    commandHandlers({ client, pointsTable: POINTS_TABLE, now, correspondence }),
});
