import { defineConsumer } from '@rollcall/kit/contracts';
import { tripOutcomes } from '../../shared/trip-channels.ts';

/** The consumer is idempotent, because each outcome is set only once. */
export const outcomeConsumer = defineConsumer('trip-outcomes', {
  source: '/rides/trip',
  of: tripOutcomes,
  idempotent: true,
});
