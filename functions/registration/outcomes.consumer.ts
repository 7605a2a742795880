import { defineConsumer } from '@rollcall/kit/contracts';
import { registrationOutcomes } from '../../shared/contracts/channels.ts';

/** Reads the replies to the commands of redemptions. */
export const outcomeConsumer = defineConsumer('registration-outcomes', {
  source: '/rollcall/registration',
  of: registrationOutcomes,
  idempotent: true,
});
