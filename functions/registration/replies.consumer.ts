import { defineConsumer } from '@rollcall/kit/contracts';
import { registrationReplies } from '../../shared/contracts/channels.ts';

/** Answers to events. The first of each counts, and nobody waits for one. */
export const replyConsumer = defineConsumer('registration-replies', {
  source: '/rollcall/registration',
  of: registrationReplies,
  idempotent: true,
});
