import type { IncomingMessage } from 'node:http';

// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html
export const MAX_BODY_BYTES = 10 * 1024 * 1024;
/** Of the request line and the values of headers. */
export const MAX_HEAD_BYTES = 10_240;
export const TIMEOUT_MS = 30_000;

/** What Lambda takes (https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html), with what API Gateway says of the request. */
export const MAX_EVENT_BYTES = 6 * 1024 * 1024;

/** How much of {@link MAX_HEAD_BYTES} a request has. Node.js has headers as characters of one byte. */
export function bytesOfHead({ method = '', url = '', httpVersion, rawHeaders }: IncomingMessage): number {
  let bytes = `${method} ${url} HTTP/${httpVersion}`.length;
  for (let value = 1; value < rawHeaders.length; value += 2) bytes += rawHeaders[value]?.length ?? 0;
  return bytes;
}
