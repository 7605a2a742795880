/**
 * How often a queue hands out a message before it moves to the dead-letter queue. Only one whose function dies gets so
 * far: see RECEIVES_BEFORE_PARKING.
 */
export const MAX_RECEIVES = 10;

/**
 * A message that fails for now is parked at this receive: half a minute after the first, with the consumer's backoff.
 * Parked, it keeps its place, costs no receives, and the sweep tries it on.
 */
export const RECEIVES_BEFORE_PARKING = 5;
