import type { IncomingMessage } from 'node:http';

// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html
export const MAX_BODY_BYTES = 10 * 1024 * 1024;
/** The limit for the request line and the values of all headers together. */
export const MAX_HEAD_BYTES = 10_240;
export const TIMEOUT_MS = 30_000;

/**
 * Lambda's limit for an event (https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html): the request
 * and the data that API Gateway adds to it.
 */
export const MAX_EVENT_BYTES = 6 * 1024 * 1024;

/**
 * The size of the request line and the header values, which {@link MAX_HEAD_BYTES} limits. Node.js decodes each byte of
 * a header as one character.
 */
export function bytesOfHead({ method = '', url = '', httpVersion, rawHeaders }: IncomingMessage): number {
  let bytes = `${method} ${url} HTTP/${httpVersion}`.length;
  for (let value = 1; value < rawHeaders.length; value += 2) bytes += rawHeaders[value]?.length ?? 0;
  return bytes;
}
