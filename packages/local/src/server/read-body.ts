import type { Readable } from 'node:stream';

/**
 * @returns the body; undefined if the body exceeds `limit` bytes. In that case, the remaining bytes are read and
 * discarded
 */
export async function readBody(request: Readable, limit = Number.POSITIVE_INFINITY): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += chunk.length;
    if (bytes <= limit) chunks.push(chunk);
  }
  return bytes > limit ? undefined : Buffer.concat(chunks);
}
