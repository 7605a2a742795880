const MAX_SECONDS = 900;
/** The redeliveries of messages that are postponed to the same time are spread over this many seconds. */
const SPREAD_SECONDS = 2;

/**
 * Exponential backoff: the delay doubles with each try, up to 15 minutes. Half of the delay is random (jitter), so that
 * messages that failed together are not retried together.
 */
export function backoffSeconds(tries: number, random: () => number): number {
  const longest = Math.min(2 ** tries, MAX_SECONDS);
  return Math.ceil(longest / 2 + (random() * longest) / 2);
}

/** Up to this many receives, a postponed message may be redelivered as soon as it is due. */
const UNDELAYED_RECEIVES = 100;

/**
 * How long to hide a postponed message, given how often it was received: until it is due, but at most 15 minutes. After
 * the first hundred receives, the minimum time grows by one second with each receive, so that 1,000 receives take days.
 */
export function postponedSeconds(until: Date, now: Date, receives: number, random: () => number): number {
  const requested = (until.getTime() - now.getTime()) / 1000;
  const minimum = Math.max(0, receives - UNDELAYED_RECEIVES);
  return Math.min(Math.ceil(Math.max(requested, minimum) + random() * SPREAD_SECONDS), MAX_SECONDS);
}
