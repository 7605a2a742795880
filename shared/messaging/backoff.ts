const LONGEST_SECONDS = 900;

/**
 * When to try a message again that has been tried this often: twice as long after each time, up to a quarter of an hour;
 * the second half of it by chance, so that messages that failed together do not come back together.
 */
export function backoffSeconds(tries: number, random: () => number): number {
  const most = Math.min(2 ** tries, LONGEST_SECONDS);
  return Math.ceil(most / 2 + (random() * most) / 2);
}
