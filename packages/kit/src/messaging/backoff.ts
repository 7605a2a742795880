const MAX_SECONDS = 900;
/** What was postponed to one moment comes back over so many seconds. */
const SPREAD_SECONDS = 2;

/**
 * When to try a message again that has been tried this often: twice as long after each time, up to a quarter of an hour;
 * the second half of it by chance, so that messages that failed together do not come back together.
 */
export function backoffSeconds(tries: number, random: () => number): number {
  const most = Math.min(2 ** tries, MAX_SECONDS);
  return Math.ceil(most / 2 + (random() * most) / 2);
}

/** So often a message may come again as soon as it likes. */
const SWIFT_RECEIVES = 100;

/**
 * How long to hide a message that was postponed, and how often it was received by now: after its first hundred receives a
 * second more each time at least, so that 1,000 last for days.
 */
export function postponedSeconds(until: Date, now: Date, receives: number, random: () => number): number {
  const asked = (until.getTime() - now.getTime()) / 1000;
  const least = Math.max(0, receives - SWIFT_RECEIVES);
  return Math.min(Math.ceil(Math.max(asked, least) + random() * SPREAD_SECONDS), MAX_SECONDS);
}
