/**
 * How often a queue delivers a message before SQS moves it to the dead-letter queue: the maximum that SQS allows.
 * Receives are also used up while a message is postponed, such as when a provider is down or a capability is paused, and
 * while a function does not start. Neither may count as a failed try. Postponements get longer, so 1,000 receives last at
 * least four days. The queue keeps a message for 14 days.
 */
export const MAX_RECEIVES = 1_000;

/**
 * A message that keeps failing temporarily is parked at this receive, which with the consumer's backoff is half a minute
 * after the first. A parked message keeps its position in the order and uses up no receives. The sweep retries it.
 */
export const RECEIVES_BEFORE_PARKING = 5;

/**
 * If the function crashes this often while it applies a message, the message is parked, so that the sweep tries it
 * alone. Crashes before the receive {@link RECEIVES_BEFORE_PARKING} are not counted.
 */
export const CRASHES_BEFORE_PARKING = 5;
