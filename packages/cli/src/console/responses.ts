import type { IncomingMessage, ServerResponse } from 'node:http';
import { readBody } from '@rollcall/local/internal/server/read-body';
import { parseJson } from '../json.ts';
import { OperatorError } from '../stage/errors.ts';

const MAX_BODY_BYTES = 64 * 1024;
/** Allows scripts only from the page's origin. Allows inline styles, because libraries set them on elements. */
const CONTENT_SECURITY_POLICY =
  "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'";
export const SECURITY_HEADERS = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'content-security-policy': CONTENT_SECURITY_POLICY,
};
export const NOT_FOUND = { title: 'Not found.', status: 404 };

/** The JSON body of a request; undefined if empty. @throws {OperatorError} if it is too large, or not JSON */
export async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const body = await readBody(request, MAX_BODY_BYTES);
  if (!body) throw new OperatorError(`The body may have at most ${MAX_BODY_BYTES} bytes.`);
  if (body.length === 0) return undefined;
  const value = parseJson(body.toString());
  if (value === undefined) throw new OperatorError('The body is not JSON.');
  return value;
}

/** Responds with NDJSON, and writes each value when it arrives. */
export async function sendLines(response: ServerResponse, lines: AsyncIterable<unknown>): Promise<void> {
  for await (const line of lines) {
    if (!response.headersSent) response.writeHead(200, { 'content-type': 'application/x-ndjson', ...SECURITY_HEADERS });
    response.write(`${JSON.stringify(line)}\n`);
  }
  response.end();
}

/** Responds with an RFC 9457 problem. */
export function problem(response: ServerResponse, document: { title: string; status: number }): void {
  // Once the headers are sent, an error can only end the connection.
  if (response.headersSent) response.destroy();
  else
    send(response, document.status, 'application/problem+json', JSON.stringify({ type: 'about:blank', ...document }));
}

export function send(
  response: ServerResponse,
  status: number,
  type: string,
  content: string | Buffer,
  cache = 'no-store',
) {
  response.writeHead(status, { 'content-type': type, 'cache-control': cache, ...SECURITY_HEADERS }).end(content);
}
