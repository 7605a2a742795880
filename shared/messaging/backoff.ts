const LONGEST_SECONDS = 900;
/** What was postponed to one moment comes back over so many seconds. */
const SPREAD_SECONDS = 2;

/**
 * When to try a message again that has been tried this often: twice as long after each time, up to a quarter of an hour;
 * the second half of it by chance, so that messages that failed together do not come back together.
 */
export function backoffSeconds(tries: number, random: () => number): number {
  const most = Math.min(2 ** tries, LONGEST_SECONDS);
  return Math.ceil(most / 2 + (random() * most) / 2);
}

/** How long to hide a message that was postponed. */
export const secondsUntil = (until: Date, now: Date, random: () => number): number =>
  Math.min(
    Math.max(0, Math.ceil((until.getTime() - now.getTime()) / 1000 + random() * SPREAD_SECONDS)),
    LONGEST_SECONDS,
  );

/** For how long to put off a message of a capability that is paused: the longer the pause has lasted, the longer. */
export const pauseSeconds = (receives: number): number => Math.min(5 * 1.25 ** receives, LONGEST_SECONDS);
