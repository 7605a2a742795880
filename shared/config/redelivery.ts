/**
 * How often a queue hands out a message before it moves to the dead-letter queue: one over which its function dies, or
 * that cannot even be parked for a quarter of an hour.
 */
export const MAX_RECEIVES = 10;

/**
 * A message that fails for now is parked at this receive: half a minute after the first, with the consumer's backoff.
 * Parked, it keeps its place, costs no receives, and the sweep tries it on.
 */
export const RECEIVES_BEFORE_PARKING = 5;
