import { setTimeout as delay } from 'node:timers/promises';
import { problemType } from '@rollcall/kit/internal/contracts/problem';
import { type Answer, readAnswer } from 'rollcall/internal/answer';

/** The answer to the last attempt; if there was none, status 0 and a body that says why. */
export interface Sent extends Answer {
  /** The request may have been carried out, by this attempt or one before. */
  outcomeUnknown: boolean;
}

const ATTEMPTS = 5;
const MAX_BACKOFF_MS = 1_000;
/** As long as the API asks for while nothing can be changed. */
const MAX_RETRY_AFTER_MS = 30_000;
/** API Gateway itself answers after 30 seconds. */
const MAX_ANSWER_MS = 35_000;

/** Repeats a request that is answered 429 or 5xx, or not at all, after as long as the answer asks for. */
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
    const again = answer.status === 0 || answer.status === 429 || answer.status >= 500;
    // Any other answer to the same key covers the attempts before it.
    outcomeUnknown = again && (outcomeUnknown || mayBeDone(answer));
    if (!again || attempt === attempts) return { ...answer, outcomeUnknown };
    await delay(pauseMs(attempt, retryAfter, Date.now()));
  }
}

async function attemptOnce(url: string, request: RequestInit): Promise<Answer & { retryAfter: string | null }> {
  try {
    const response = await fetch(url, { ...request, signal: AbortSignal.timeout(MAX_ANSWER_MS) });
    return { ...(await readAnswer(response)), retryAfter: response.headers.get('retry-after') };
  } catch (error) {
    const { message, cause } = error as Error & { cause?: NodeJS.ErrnoException };
    const detail = ['no answer', message, cause?.code].filter(Boolean).join(': ');
    return { status: 0, body: { detail }, retryAfter: null };
  }
}

const READ_ONLY = problemType('read-only');

/** Surely not, if it was too many, or nothing can be changed. What is busy may have committed, and had no time to say so. */
const mayBeDone = ({ status, body }: Answer) =>
  status !== 429 && (body as { type?: unknown } | undefined)?.type !== READ_ONLY;

/** @param retryAfter seconds or a date (RFC 9110, section 10.2.3) */
export function pauseMs(attempt: number, retryAfter: string | null, now: number): number {
  const asked = /^\d+$/.test(retryAfter ?? '') ? Number(retryAfter) * 1000 : Date.parse(retryAfter ?? '') - now;
  if (Number.isNaN(asked)) return Math.min(100 * 2 ** attempt, MAX_BACKOFF_MS);
  return Math.min(Math.max(asked, 0), MAX_RETRY_AFTER_MS);
}
