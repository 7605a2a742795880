/** API Gateway's throttling: `rate` requests a second on average, `burst` at once. */
export interface Throttling {
  rate: number;
  burst: number;
}

/** A token bucket in memory. */
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
