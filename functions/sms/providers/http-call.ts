import { RejectedError, ThrottledError, UnavailableError } from '@rollcall/kit/resilience';

export interface HttpAnswer {
  status: number;
  headers: Headers;
  body: string;
}

/** The connection was never made, so the request had no effect. */
const NOT_CONNECTED = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);

/** Used if a provider does not send Retry-After. */
const RETRY_AFTER_MS = 1_000;

/**
 * Posts to a provider and reads its whole response, without which the connection could not be reused.
 * @throws {UnavailableError} if there is no response
 */
export async function post(
  provider: string,
  url: string,
  { headers, body, signal }: { headers: Record<string, string>; body: string; signal: AbortSignal },
): Promise<HttpAnswer> {
  try {
    // Following a redirect may turn POST into GET, whose 200 would be mistaken for acceptance.
    const response = await fetch(url, { method: 'POST', headers, body, signal, redirect: 'manual' });
    return { status: response.status, headers: response.headers, body: await response.text() };
  } catch (cause) {
    const { message, cause: reason } = cause as Error & { cause?: Error & { code?: string } };
    const outcomeUnknown = !NOT_CONNECTED.has(reason?.code ?? '');
    throw new UnavailableError(`${provider} did not answer: ${reason?.message || message}`, { outcomeUnknown, cause });
  }
}

/**
 * Statuses that mean "not now" rather than "never"; a wrong key or address (3xx, 401, 403, 404) must be fixed by an
 * operator.
 */
const NOT_NOW = new Set([401, 403, 404, 408, 409, 425]);
/** Outcome unknown: a request with this key is in progress (409), or a proxy timed out. */
const UNHEARD = new Set([409, 502, 504]);

/** The error for an unsuccessful response, by its status alone. */
export function failureOf(what: string, { status, headers }: Pick<HttpAnswer, 'status' | 'headers'>): Error {
  if (status === 429) return new ThrottledError(what, retryAfterMs(headers));
  const isOurs = status < 400 || NOT_NOW.has(status);
  if (status < 500 && !isOurs) return new RejectedError(what);
  return new UnavailableError(what, { outcomeUnknown: UNHEARD.has(status) });
}

function retryAfterMs(headers: Headers): number {
  const seconds = Number(headers.get('retry-after') ?? Number.NaN);
  return Number.isFinite(seconds) && seconds > 0 ? seconds * 1000 : RETRY_AFTER_MS;
}

/** A response body as JSON; undefined if it is not JSON, such as a proxy's. */
export function parsed(body: string): Record<string, unknown> {
  try {
    return JSON.parse(body) as Record<string, unknown>;
  } catch {
    return {};
  }
}
