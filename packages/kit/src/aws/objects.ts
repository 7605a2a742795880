import { createHash } from 'node:crypto';
import pMap from 'p-map';
import { referenceTo } from '../contracts/large.ts';
import { signerOf } from './signed.ts';

/**
 * As for every AWS call of the kit (clients.ts): three attempts of at most two seconds each fit into the shortest
 * function timeout.
 */
const ATTEMPTS = 3;
const TIMEOUT_MS = 2_000;
const DELETES_AT_ONCE = 20;

export type Objects = ReturnType<typeof createObjects>;

interface Call {
  attempts?: number;
  headers?: Record<string, string>;
  body?: Uint8Array<ArrayBuffer>;
  query?: Record<string, string>;
}

interface Answer {
  status: number;
  bytes: Uint8Array;
}

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

/** @param what the request, for the error message */
function refused(what: string, status: number, bytes: Uint8Array): Error {
  const [, code = ''] = /<Code>(\w+)<\/Code>/.exec(new TextDecoder().decode(bytes)) ?? [];
  return new Error(`S3 answers ${status} ${code} to ${what}`);
}

/** Whether the request may be retried. */
const mayPass = (status: number) => status >= 500 || status === 429;

/**
 * The objects of a bucket, by individually signed S3 calls: the S3 client would add about 300 KB to a bundle.
 * @param sign default: signs with the credentials of the function's role
 */
export function createObjects(bucket: string, sign = signerOf('s3')) {
  const base = addressOf(bucket);

  /** @throws {Error} if S3 does not answer or answers with an error */
  async function call(method: string, key: string, options: Call = {}): Promise<Answer> {
    const { query = {}, headers = {}, body, attempts = ATTEMPTS } = options;
    const url = new URL(`${base}/${referenceTo(key)}`);
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    // Signed requests encode a space as %20, not as the `+` of a form.
    url.search = url.search.replaceAll('+', '%20');
    for (let attempt = 1; ; attempt++) {
      try {
        const given = { host: url.host, 'x-amz-content-sha256': sha256(body ?? new Uint8Array()), ...headers };
        const response = await fetch(url, {
          ...{ method, headers: await sign(url, given, body, method) },
          ...(body && { body }),
          signal: AbortSignal.timeout(TIMEOUT_MS),
        });
        const answer = { status: response.status, bytes: new Uint8Array(await response.arrayBuffer()) };
        if (!mayPass(answer.status) || attempt === attempts) return answer;
      } catch (cause) {
        if (attempt === attempts)
          throw new Error(`S3 does not answer to ${method} ${bucket}/${key}: ${(cause as Error).message}`, { cause });
      }
    }
  }

  /**
   * @returns undefined if the object does not exist. S3 answers 403 instead of 404 to a caller without permission to
   * list the bucket.
   */
  async function done(
    method: string,
    key: string,
    options: Call = {},
    isMissing = [] as number[],
  ): Promise<Uint8Array | undefined> {
    const { status, bytes } = await call(method, key, options);
    if (status < 300) return bytes;
    if (isMissing.includes(status)) return undefined;
    throw refused(`${method} ${bucket}/${key}`, status, bytes);
  }

  const MISSING = [403, 404];
  const remove = async (key: string): Promise<void> => void (await done('DELETE', key));

  /** Returns at most 1,000 keys. */
  async function keysUnder(prefix: string): Promise<string[]> {
    const bytes = await done('GET', '', { query: { 'list-type': '2', prefix } });
    // The kit's keys contain no character that XML escapes.
    return [...new TextDecoder().decode(bytes).matchAll(/<Key>([^<]*)<\/Key>/g)].map(([, key = '']) => key);
  }

  return {
    async put(key: string, body: Uint8Array<ArrayBuffer>, contentType: string): Promise<void> {
      await done('PUT', key, { body, headers: { 'content-type': contentType } });
    },

    /**
     * @returns undefined if the object does not exist or is not readable: without permission to list the bucket, S3
     * does not tell which
     */
    get: (key: string, attempts?: number): Promise<Uint8Array | undefined> =>
      done('GET', key, { ...(attempts !== undefined && { attempts }) }, MISSING),

    /**
     * @returns whether the source existed
     * @throws {Error} if the source exists and cannot be copied
     */
    async copy(from: string, to: string): Promise<boolean> {
      const headers = { 'x-amz-copy-source': `${bucket}/${referenceTo(from)}` };
      const { status, bytes } = await call('PUT', to, { headers });
      // A copy that fails after it has begun answers 200 with an error in the body
      // (https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html).
      if (status === 200 && new TextDecoder().decode(bytes).includes('<CopyObjectResult')) return true;
      if (MISSING.includes(status) && (await done('HEAD', from, {}, MISSING)) === undefined) return false;
      throw refused(`copy ${bucket}/${from} to ${to}`, status, bytes);
    },

    remove,

    async removeUnder(prefix: string): Promise<void> {
      for (let keys = await keysUnder(prefix); keys.length > 0; keys = await keysUnder(prefix))
        await pMap(keys, remove, { concurrency: DELETES_AT_ONCE });
    },
  };
}

/**
 * The same lookup as in the SDK's clients: https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
 */
function addressOf(bucket: string): string {
  const { AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL, AWS_REGION = '' } = process.env;
  const endpoint = AWS_ENDPOINT_URL_S3 ?? AWS_ENDPOINT_URL;
  if (endpoint) return `${endpoint}/${bucket}`;
  return `https://${bucket}.s3.${AWS_REGION}.amazonaws.com${AWS_REGION.startsWith('cn-') ? '.cn' : ''}`;
}
