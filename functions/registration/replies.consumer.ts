import { defineConsumer } from '@rollcall/kit/contracts';
import { registrationReplies } from '../../shared/contracts/channels.ts';

/**
 * Reads the replies to events. Callers wait for the replies to commands, so these replies have another queue, in which
 * no replies to events delay them. The consumer needs no cursor (`idempotent`), because repeated replies have no
 * effect.
 */
export const replyConsumer = defineConsumer('registration-replies', {
  source: '/rollcall/registration',
  of: registrationReplies,
  idempotent: true,
});
