/**
 * How often a queue hands out a message before it moves to the dead-letter queue. The most that SQS takes, for only
 * tries shall count: neither what is postponed while a provider is down or a capability paused, which takes a receive
 * each time, nor a function that does not even start. What is postponed waits longer and longer, so 1,000 receives last
 * for four days at least; the queue keeps a message for 14.
 */
export const MAX_RECEIVES = 1_000;

/**
 * A message that fails for now is parked at this receive: half a minute after the first, with the consumer's backoff.
 * Parked, it keeps its place, costs no receives, and the sweep tries it on.
 */
export const RECEIVES_BEFORE_PARKING = 5;

/** A message over which its function died so often is parked, for the sweep to try it alone. Counted from the receive above. */
export const CRASHES_BEFORE_PARKING = 5;
