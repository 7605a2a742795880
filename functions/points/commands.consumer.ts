import { defineConsumer } from '@rollcall/kit/contracts';
import type { Capability } from '../../shared/config/capabilities.ts';
import { pointsCommands, registrationOutcomes, smsCommands } from '../../shared/contracts/channels.ts';

export const commandConsumer = defineConsumer('points-commands', {
  source: '/rollcall/points',
  of: pointsCommands,
  sends: [registrationOutcomes, smsCommands],
  capability: 'points' satisfies Capability,
  cursorKey: 'commands',
});
