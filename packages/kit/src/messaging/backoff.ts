const MAX_SECONDS = 900;
/** Messages postponed to the same moment are redelivered spread over this many seconds. */
const SPREAD_SECONDS = 2;

/**
 * Exponential backoff, doubled per try up to 15 minutes. The second half is random (jitter), so that messages which
 * failed together are not retried together.
 */
export function backoffSeconds(tries: number, random: () => number): number {
  const most = Math.min(2 ** tries, MAX_SECONDS);
  return Math.ceil(most / 2 + (random() * most) / 2);
}

/** Up to this many receives, a postponed message may be redelivered as soon as it is due. */
const UNDELAYED_RECEIVES = 100;

/**
 * How long to hide a postponed message that was received this often: after the first hundred receives at least one
 * second more each time, so that 1,000 receives last for days.
 */
export function postponedSeconds(until: Date, now: Date, receives: number, random: () => number): number {
  const asked = (until.getTime() - now.getTime()) / 1000;
  const least = Math.max(0, receives - UNDELAYED_RECEIVES);
  return Math.min(Math.ceil(Math.max(asked, least) + random() * SPREAD_SECONDS), MAX_SECONDS);
}
