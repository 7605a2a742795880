/** API Gateway's throttling: an average of `rate` requests a second, and bursts of up to `burst` requests. */
export interface Throttling {
  rate: number;
  burst: number;
}

/**
 * @returns a token bucket in memory: a function that takes a token and returns true, or returns false if there is no
 * token
 */
export function createThrottle({ rate, burst }: Throttling): () => boolean {
  let tokens = burst;
  let filledAt = performance.now();
  return () => {
    const at = performance.now();
    tokens = Math.min(burst, tokens + ((at - filledAt) / 1000) * rate);
    filledAt = at;
    if (tokens < 1) return false;
    tokens--;
    return true;
  };
}
