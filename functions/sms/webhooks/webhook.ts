import { createHash, timingSafeEqual } from 'node:crypto';
import { type HttpEvent, Problem } from '@rollcall/kit/http';
import type { ProviderEvent } from '../provider-events.ts';

export interface WebhookRequest {
  /** The URL as the provider called it. Some providers sign this URL. */
  url: string;
  query: URLSearchParams;
  headers: Readonly<Record<string, string | undefined>>;
  body: string;
}

const MAX_BODY_BYTES = 256 * 1024;

/** @param url the configured URL of the webhook. The Host header is not used, because the caller controls it. */
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

/** The request does not have the authentication of the provider. */
export const UNAUTHENTICATED = 'unauthenticated';
/** The request is authenticated, but does not have the format that the provider documents. */
export const UNREADABLE = 'unreadable';

/** Reads the webhook of one provider. */
export type ReadWebhook = (
  request: WebhookRequest,
) => Promise<ProviderEvent[] | typeof UNAUTHENTICATED | typeof UNREADABLE>;

/** Compares two texts in constant time. */
export const equals = (one: string, other: string): boolean => timingSafeEqual(hashOf(one), hashOf(other));

const hashOf = (text: string) => createHash('sha256').update(text).digest();

/** The body as JSON; undefined if it is not JSON. */
export function jsonOf(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
