import { defineConsumer } from '@rollcall/kit/contracts';
import { tripOutcomes } from '../../shared/trip-channels.ts';

/** Outcomes are final: each is set once. */
export const outcomeConsumer = defineConsumer('trip-outcomes', {
  source: '/rides/trip',
  of: tripOutcomes,
  idempotent: true,
});
