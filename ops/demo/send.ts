import { setTimeout as delay } from 'node:timers/promises';
import { problemType } from '@rollcall/kit/internal/contracts/problem';
import { type ParsedResponse, parseResponse } from 'rollcall/internal/parsed-response';

/** The response to the last attempt. Without a response, `status` is 0 and `body` contains the reason. */
export interface Sent extends ParsedResponse {
  /** Whether no attempt got a conclusive response, and one of them may have been executed. */
  outcomeUnknown: boolean;
}

const ATTEMPTS = 5;
const MAX_BACKOFF_MS = 1_000;
/** `send` waits at most this long, even if a response requests more. In read-only mode, the API requests this time. */
const MAX_RETRY_AFTER_MS = 30_000;
/** Longer than 30 seconds, after which API Gateway itself responds. */
const RESPONSE_TIMEOUT_MS = 35_000;

/**
 * Sends a request. Repeats the request after 429, 5xx or no response, up to `attempts` attempts in total. Before each
 * repetition, waits for the time that the response requests. If the response requests no time, the waits double up to
 * one second.
 */
export async function send(
  url: string,
  method: string,
  body: unknown,
  headers: Record<string, string>,
  attempts = ATTEMPTS,
): Promise<Sent> {
  const request = {
    method,
    headers: { 'content-type': 'application/json', ...headers },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  };
  let outcomeUnknown = false;
  for (let attempt = 1; ; attempt++) {
    const { retryAfter, ...answer } = await attemptOnce(url, request);
    const mayRetry = answer.status === 0 || answer.status === 429 || answer.status >= 500;
    // If the request has an idempotency key, a response that is not retried also gives the outcome of earlier attempts.
    outcomeUnknown = mayRetry && (outcomeUnknown || mayBeDone(answer));
    if (!mayRetry || attempt === attempts) return { ...answer, outcomeUnknown };
    await delay(pauseMs(attempt, retryAfter, Date.now()));
  }
}

async function attemptOnce(url: string, request: RequestInit): Promise<ParsedResponse & { retryAfter: string | null }> {
  try {
    const response = await fetch(url, { ...request, signal: AbortSignal.timeout(RESPONSE_TIMEOUT_MS) });
    return { ...(await parseResponse(response)), retryAfter: response.headers.get('retry-after') };
  } catch (error) {
    const { message, cause } = error as Error & { cause?: NodeJS.ErrnoException };
    const detail = ['no response', message, cause?.code].filter(Boolean).join(': ');
    return { status: 0, body: { detail }, retryAfter: null };
  }
}

const READ_ONLY = problemType('read-only');

/**
 * Whether a failed request may have been executed. A request is not executed if the rate limit is exceeded or the API
 * is read-only. A request may have been executed if the API is `busy`, because the commit may have succeeded too late
 * for a response.
 */
const mayBeDone = ({ status, body }: ParsedResponse) =>
  status !== 429 && (body as { type?: unknown } | undefined)?.type !== READ_ONLY;

/** @param retryAfter seconds or a date (RFC 9110, section 10.2.3) */
export function pauseMs(attempt: number, retryAfter: string | null, now: number): number {
  const requestedMs = /^\d+$/.test(retryAfter ?? '') ? Number(retryAfter) * 1000 : Date.parse(retryAfter ?? '') - now;
  if (Number.isNaN(requestedMs)) return Math.min(100 * 2 ** attempt, MAX_BACKOFF_MS);
  return Math.min(Math.max(requestedMs, 0), MAX_RETRY_AFTER_MS);
}
