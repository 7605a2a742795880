import { defineConsumer } from '@rollcall/kit/contracts';
import { registrationReplies } from '../../shared/contracts/channels.ts';

/** Replies to events. The first of each counts; latency does not matter. */
export const replyConsumer = defineConsumer('registration-replies', {
  source: '/rollcall/registration',
  of: registrationReplies,
  idempotent: true,
});
