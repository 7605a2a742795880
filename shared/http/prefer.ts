/** The most that anybody may wait: the API's own limit is 30 seconds. */
const LONGEST_WAIT_SECONDS = 20;

/** The seconds of `Prefer: wait=N` (RFC 7240), at most 20; none, if the caller prefers no waiting. */
export function preferredWait(prefer: string | undefined): number | undefined {
  const wait = /(?:^|[,;\s])wait\s*=\s*"?(\d{1,6})"?(?:$|[,;\s])/i.exec(prefer ?? '')?.[1];
  return wait === undefined ? undefined : Math.min(Number(wait), LONGEST_WAIT_SECONDS);
}
