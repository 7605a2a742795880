import { RejectedError, ThrottledError, UnavailableError } from '@rollcall/kit/resilience';

export interface ProviderResponse {
  status: number;
  headers: Headers;
  body: string;
}

/** Codes of errors before a connection was made. The request had no effect. */
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
 * Posts to a provider and reads its whole response, so that the connection can be reused.
 * @throws {UnavailableError} if there is no complete response
 */
export async function post(
  provider: string,
  url: string,
  { headers, body, signal }: { headers: Record<string, string>; body: string; signal: AbortSignal },
): Promise<ProviderResponse> {
  try {
    // Following a redirect may turn POST into GET, whose 200 would be mistaken for acceptance.
    const response = await fetch(url, { method: 'POST', headers, body, signal, redirect: 'manual' });
    return { status: response.status, headers: response.headers, body: await response.text() };
  } catch (cause) {
    const { message, cause: reason } = cause as Error & { cause?: Error & { code?: string } };
    const outcomeUnknown = !NOT_CONNECTED.has(reason?.code ?? '');
    throw new UnavailableError(`${provider} did not respond: ${reason?.message || message}`, { outcomeUnknown, cause });
  }
}

/**
 * Client errors after which a later attempt may succeed. An operator can fix a wrong key or address (401, 403, 404).
 * For the same reason, `failureOf` treats all 3xx as temporary.
 */
const TEMPORARY = new Set([401, 403, 404, 408, 409, 425]);
/** Statuses with an unknown outcome: a request with this key is in progress (409), or a proxy got no valid response. */
const OUTCOME_UNKNOWN = new Set([409, 502, 504]);

/** Returns the error for an unsuccessful response. The type of the error depends only on the status. */
export function failureOf(
  description: string,
  { status, headers }: Pick<ProviderResponse, 'status' | 'headers'>,
): Error {
  if (status === 429) return new ThrottledError(description, retryAfterMs(headers));
  const isTemporary = status < 400 || TEMPORARY.has(status);
  if (status < 500 && !isTemporary) return new RejectedError(description);
  return new UnavailableError(description, { outcomeUnknown: OUTCOME_UNKNOWN.has(status) });
}

function retryAfterMs(headers: Headers): number {
  const seconds = Number(headers.get('retry-after') ?? Number.NaN);
  return Number.isFinite(seconds) && seconds > 0 ? seconds * 1000 : RETRY_AFTER_MS;
}

/** Returns the properties of a JSON body. Returns an empty object for other bodies, such as a proxy's error page. */
export function parseObject(body: string): Record<string, unknown> {
  try {
    const parsed: unknown = JSON.parse(body);
    return typeof parsed === 'object' ? { ...parsed } : {};
  } catch {
    return {};
  }
}
