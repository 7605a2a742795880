/**
 * How often a queue delivers a message before SQS moves it to the dead-letter queue: the maximum that SQS allows. A
 * message also uses up receives while it is postponed, for example because a provider is down or a capability is
 * paused, and while the function cannot start. These receives must not move the message to the dead-letter queue. After
 * the first hundred receives, the minimum delay of a postponed message grows by one second with each receive, so 1,000
 * receives last at least four days. The queue keeps a message for 14 days.
 */
export const MAX_RECEIVES = 1_000;

/**
 * A message that keeps failing with transient errors is parked at this receive. With the consumer's backoff, this is at
 * most half a minute after the first receive. A parked message keeps its position in the order and uses up no receives.
 * The sweep retries it.
 */
export const RECEIVES_BEFORE_PARKING = 5;

/**
 * If the function crashes this often in succession while it applies a message, the message is parked, so that the sweep
 * tries it alone. Crashes during the first {@link RECEIVES_BEFORE_PARKING} receives are not counted.
 */
export const CRASHES_BEFORE_PARKING = 5;
