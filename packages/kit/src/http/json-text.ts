import type { MiddlewareObj } from '@middy/core';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { parse } from 'content-type';
import { Problem } from './problems.ts';

/** Far more levels than a body needs. A recursive parser overflows its stack after several thousand levels. */
const MAX_LEVELS = 32;

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Passes only text of the accepted media type, coding, charset and depth to the JSON parser. A byte order mark is not
 * removed, so the parser refuses a body that begins with one (RFC 8259 §8.1).
 * @throws {Problem} unsupported-media-type or malformed-json
 */
export const jsonText: MiddlewareObj<APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2> = {
  before({ event }) {
    requireNoCoding(event.headers['content-encoding']);
    requireJson(event.headers['content-type']);
    if (event.body === undefined) return;
    if (event.isBase64Encoded) {
      event.body = decoded(event.body);
      event.isBase64Encoded = false;
    }
    if (levelsOf(event.body) > MAX_LEVELS) {
      throw new Problem('malformed-json', `The body may be nested at most ${MAX_LEVELS} levels deep.`);
    }
  },
};

function requireNoCoding(coding = 'identity'): void {
  if (coding.trim().toLowerCase() === 'identity') return;
  throw new Problem('unsupported-media-type', 'Send the body without Content-Encoding.', {
    headers: { 'accept-encoding': 'identity' },
  });
}

/** Also accepts media types with the suffix +json (RFC 6839 §3.1), such as application/merge-patch+json. */
function requireJson(contentType = ''): void {
  const { type, parameters } = parse(contentType);
  const isJson = type === 'application/json' || (type.startsWith('application/') && type.endsWith('+json'));
  if (isJson && /^utf-?8$/i.test(parameters.charset ?? 'utf-8')) return;
  throw new Problem('unsupported-media-type', 'Send the body as application/json in UTF-8.', {
    headers: { accept: 'application/json' },
  });
}

function decoded(base64: string): string {
  try {
    return utf8.decode(Buffer.from(base64, 'base64'));
  } catch (cause) {
    throw new Problem('malformed-json', 'The body is not in UTF-8.', { cause });
  }
}

/** The nesting depth of objects and arrays. Brackets inside strings do not count. */
function levelsOf(text: string): number {
  let level = 0;
  let deepest = 0;
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"?|[[\]{}]/gs)) {
    if (token === '[' || token === '{') deepest = Math.max(deepest, ++level);
    else if (token === ']' || token === '}') level--;
  }
  return deepest;
}
