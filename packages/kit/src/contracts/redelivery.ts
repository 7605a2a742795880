/**
 * How often a queue delivers a message before SQS moves it to the dead-letter queue: the maximum that SQS allows. A
 * postponed message (provider down, capability paused) and a function that does not start also use up receives, and
 * neither may count as a failed try. Postponements get longer, so 1,000 receives last at least four days; the queue
 * keeps a message for 14.
 */
export const MAX_RECEIVES = 1_000;

/**
 * A message that keeps failing temporarily is parked at this receive: half a minute after the first, with the
 * consumer's backoff. A parked message keeps its place and uses up no receives; the sweep retries it.
 */
export const RECEIVES_BEFORE_PARKING = 5;

/**
 * A message during which the function crashed this often is parked, so that the sweep tries it alone. Counted from the
 * receive above.
 */
export const CRASHES_BEFORE_PARKING = 5;
