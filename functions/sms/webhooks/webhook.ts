import { createHash, timingSafeEqual } from 'node:crypto';
import { type HttpEvent, Problem } from '@rollcall/kit/http';
import type { ProviderEvent } from '../provider-events.ts';

export interface WebhookRequest {
  /** As the provider called it, which is what some of them sign. */
  url: string;
  query: URLSearchParams;
  headers: Readonly<Record<string, string | undefined>>;
  body: string;
}

const MAX_BODY_BYTES = 256 * 1024;

/** @param url of the webhook, as configured: in the Host header, whoever calls may write what they like */
export function webhookRequest(event: HttpEvent, url: string): WebhookRequest {
  const { rawQueryString, headers, body = '', isBase64Encoded } = event;
  const bytes = Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8');
  if (bytes.length > MAX_BODY_BYTES) {
    throw new Problem('body-too-large', `The body may have at most ${MAX_BODY_BYTES} bytes.`);
  }
  return {
    url: rawQueryString ? `${url}?${rawQueryString}` : url,
    query: new URLSearchParams(rawQueryString),
    headers,
    body: bytes.toString(),
  };
}

/** Nothing proves that the provider has sent it. */
export const UNPROVEN = 'unproven';
/** The provider has sent it, and it is not what its documentation says. */
export const UNREADABLE = 'unreadable';

/** How one provider's webhook is read. */
export type ReadWebhook = (request: WebhookRequest) => Promise<ProviderEvent[] | typeof UNPROVEN | typeof UNREADABLE>;

/** Compares in a time that tells nothing of where they differ. */
export const equals = (one: string, other: string): boolean => timingSafeEqual(hashed(one), hashed(other));

const hashed = (text: string) => createHash('sha256').update(text).digest();

/** The body as JSON; undefined, if it is none. */
export function jsonOf(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
