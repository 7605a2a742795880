/**
 * How often a queue hands out a message before it moves to the dead-letter queue. With the consumer's backoff, ten
 * receives take about a quarter of an hour.
 */
export const MAX_RECEIVES = 10;
