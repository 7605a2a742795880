import { defineConsumer } from '@rollcall/kit/contracts';
import type { Capability } from '../../shared/config/capabilities.ts';
import { smsCommands } from '../../shared/contracts/channels.ts';

export const commandConsumer = defineConsumer('sms-commands', {
  source: '/rollcall/sms',
  of: smsCommands,
  capability: 'sms' satisfies Capability,
  cursorKey: 'command',
});
