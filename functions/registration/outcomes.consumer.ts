import { defineConsumer } from '@rollcall/kit/contracts';
import { registrationOutcomes } from '../../shared/contracts/channels.ts';

/** Answers to commands. Each counts while its operation is what it was. */
export const outcomeConsumer = defineConsumer('registration-outcomes', {
  source: '/rollcall/registration',
  of: registrationOutcomes,
  idempotent: true,
});
