import { RejectedError, ThrottledError, UnavailableError } from '@rollcall/kit/resilience';

export interface HttpAnswer {
  status: number;
  headers: Headers;
  body: string;
}

/** The connection was never made, so nothing can have happened. */
const NOT_CONNECTED = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);

/** Where a provider does not say when it takes more. */
const RETRY_AFTER_MS = 1_000;

/**
 * Posts to a provider and reads its whole answer, or the connection could not be used again.
 * @throws {UnavailableError} if there is none
 */
export async function post(
  provider: string,
  url: string,
  { headers, body, signal }: { headers: Record<string, string>; body: string; signal: AbortSignal },
): Promise<HttpAnswer> {
  try {
    // A redirect that is followed may turn POST into GET, whose 200 would pass for acceptance.
    const response = await fetch(url, { method: 'POST', headers, body, signal, redirect: 'manual' });
    return { status: response.status, headers: response.headers, body: await response.text() };
  } catch (cause) {
    const { message, cause: reason } = cause as Error & { cause?: Error & { code?: string } };
    const outcomeUnknown = !NOT_CONNECTED.has(reason?.code ?? '');
    throw new UnavailableError(`${provider} did not answer: ${reason?.message || message}`, { outcomeUnknown, cause });
  }
}

/** Answers that say "not now" rather than "never"; a wrong key or address (3xx, 401, 403, 404) is ours to set right. */
const NOT_NOW = new Set([401, 403, 404, 408, 409, 425]);
/** A request with this key is at work (409), or a proxy gave up waiting: it may be done. */
const UNHEARD = new Set([409, 502, 504]);

/** What an answer that is no acceptance means, by its status alone. */
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

/** An answer's body as JSON; nothing, if it is none, as of a proxy. */
export function parsed(body: string): Record<string, unknown> {
  try {
    return JSON.parse(body) as Record<string, unknown>;
  } catch {
    return {};
  }
}
