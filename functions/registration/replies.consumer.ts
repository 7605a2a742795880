import { defineConsumer } from '@rollcall/kit/contracts';
import { registrationReplies } from '../../shared/contracts/channels.ts';

/**
 * Reads the replies to events. The latency of these replies does not matter. The consumer needs no cursor
 * (`idempotent`), because repeated replies have no effect.
 */
export const replyConsumer = defineConsumer('registration-replies', {
  source: '/rollcall/registration',
  of: registrationReplies,
  idempotent: true,
});
