import { type Rate, secondsToFill, type Taken } from '../resilience/token-bucket.ts';
import { Problem } from './problems.ts';

/**
 * The fields `RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers-10). q is the quota per window of
 * w seconds, r is the remaining quota, and t is the number of seconds until the quota is full again.
 */
export function rateLimitHeaders(policy: string, rate: Rate, { remaining, fullInMs }: Taken) {
  return {
    'ratelimit-policy': `"${policy}";q=${rate.burst};w=${secondsToFill(rate)}`,
    ratelimit: `"${policy}";r=${remaining};t=${Math.ceil(fullInMs / 1000)}`,
  };
}

/**
 * Returns the state of a token bucket as the response headers `RateLimit-Policy` and `RateLimit`.
 * @param what the limited requests, such as `registrations`
 * @throws {Problem} 429 if no token was left
 * @beta
 */
export function requireToken(what: string, policy: string, rate: Rate, taken: Taken): Record<string, string> {
  const headers = rateLimitHeaders(policy, rate, taken);
  if (taken.allowed) return headers;
  const seconds = Math.ceil(taken.waitMs / 1000);
  throw new Problem('too-many-requests', `Too many ${what} for one ${policy}. Try again in ${seconds} s.`, {
    headers: { ...headers, 'retry-after': String(seconds) },
  });
}
