import { defineConsumer } from '@rollcall/kit/contracts';
import { registrationReplies } from '../../shared/contracts/channels.ts';

/**
 * Reads the replies to events. These replies do not share a queue with the replies to commands, because callers wait
 * only for the replies to commands. The consumer needs no cursor (`idempotent`), because repeated replies have no
 * effect.
 */
export const replyConsumer = defineConsumer('registration-replies', {
  source: '/rollcall/registration',
  of: registrationReplies,
  idempotent: true,
});
