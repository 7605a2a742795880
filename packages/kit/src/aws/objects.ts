import { createHash } from 'node:crypto';
import pMap from 'p-map';
import { referenceTo } from '../contracts/large.ts';
import { signerOf } from './signed.ts';

/**
 * The same limits as `clientDefaults` in clients.ts: three attempts of at most two seconds each fit into the shortest
 * function timeout.
 */
const ATTEMPTS = 3;
const TIMEOUT_MS = 2_000;
const CONCURRENT_DELETES = 20;

export type Objects = ReturnType<typeof createObjects>;

interface Call {
  attempts?: number;
  headers?: Record<string, string>;
  body?: Uint8Array<ArrayBuffer>;
  query?: Record<string, string>;
}

interface ObjectResponse {
  status: number;
  bytes: Uint8Array;
}

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

/** @param request a description of the request, for the error message */
function errorOf(request: string, status: number, bytes: Uint8Array): Error {
  const [, code = ''] = /<Code>(\w+)<\/Code>/.exec(new TextDecoder().decode(bytes)) ?? [];
  return new Error(`S3 returned ${status} ${code} for ${request}`);
}

const isTransient = (status: number) => status >= 500 || status === 429;

/**
 * Reads and writes the objects of a bucket with individually signed calls, because the S3 client would add about 300 KB
 * to a bundle.
 * @param sign default: signs with the credentials of the function's role
 */
export function createObjects(bucket: string, sign = signerOf('s3')) {
  const base = endpointOf(bucket);

  /**
   * Repeats the call after transient failures.
   * @returns the last response, whatever its status
   * @throws {Error} if S3 does not respond to the last attempt
   */
  async function call(method: string, key: string, options: Call = {}): Promise<ObjectResponse> {
    const { query = {}, headers = {}, body, attempts = ATTEMPTS } = options;
    const url = new URL(`${base}/${referenceTo(key)}`);
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    // Signed requests encode a space as %20. `searchParams` encodes it as `+`, as in forms.
    url.search = url.search.replaceAll('+', '%20');
    for (let attempt = 1; ; attempt++) {
      try {
        const toSign = { host: url.host, 'x-amz-content-sha256': sha256(body ?? new Uint8Array()), ...headers };
        const response = await fetch(url, {
          ...{ method, headers: await sign(url, toSign, body, method) },
          ...(body && { body }),
          signal: AbortSignal.timeout(TIMEOUT_MS),
        });
        const { status } = response;
        const bytes = new Uint8Array(await response.arrayBuffer());
        if (!isTransient(status) || attempt === attempts) return { status, bytes };
      } catch (cause) {
        if (attempt === attempts)
          throw new Error(`S3 did not respond to ${method} ${bucket}/${key}: ${(cause as Error).message}`, { cause });
      }
    }
  }

  /**
   * @returns the body; undefined if the status is one of `missingStatuses`
   * @throws {Error} for every other error status, or if S3 does not respond
   */
  async function execute(
    method: string,
    key: string,
    options: Call = {},
    missingStatuses: readonly number[] = [],
  ): Promise<Uint8Array | undefined> {
    const { status, bytes } = await call(method, key, options);
    if (status < 300) return bytes;
    if (missingStatuses.includes(status)) return undefined;
    throw errorOf(`${method} ${bucket}/${key}`, status, bytes);
  }

  /** For an object that does not exist, S3 returns 403 instead of 404 to a caller that may not list the bucket. */
  const MISSING = [403, 404];
  const remove = async (key: string): Promise<void> => void (await execute('DELETE', key));

  /** Returns at most 1,000 keys. */
  async function keysUnder(prefix: string): Promise<string[]> {
    const bytes = await execute('GET', '', { query: { 'list-type': '2', prefix } });
    // The kit's keys contain no character that XML escapes.
    return [...new TextDecoder().decode(bytes).matchAll(/<Key>([^<]*)<\/Key>/g)].map(([, key = '']) => key);
  }

  return {
    async put(key: string, body: Uint8Array<ArrayBuffer>, contentType: string): Promise<void> {
      await execute('PUT', key, { body, headers: { 'content-type': contentType } });
    },

    /** @returns the content of the object; undefined if the object does not exist, or the caller may not read it */
    get: (key: string, attempts?: number): Promise<Uint8Array | undefined> =>
      execute('GET', key, { ...(attempts !== undefined && { attempts }) }, MISSING),

    /**
     * @returns true if the object was copied; false if there is no readable object at `from`
     * @throws {Error} if the copy fails for any other reason
     */
    async copy(from: string, to: string): Promise<boolean> {
      const headers = { 'x-amz-copy-source': `${bucket}/${referenceTo(from)}` };
      const { status, bytes } = await call('PUT', to, { headers });
      // If a copy fails after it has begun, S3 returns 200 with an error in the body
      // (https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html).
      if (status === 200 && new TextDecoder().decode(bytes).includes('<CopyObjectResult')) return true;
      if (MISSING.includes(status) && (await execute('HEAD', from, {}, MISSING)) === undefined) return false;
      throw errorOf(`copy ${bucket}/${from} to ${to}`, status, bytes);
    },

    remove,

    async removeUnder(prefix: string): Promise<void> {
      for (let keys = await keysUnder(prefix); keys.length > 0; keys = await keysUnder(prefix))
        await pMap(keys, remove, { concurrency: CONCURRENT_DELETES });
    },
  };
}

/**
 * Looks up the endpoint the way the SDK's clients do:
 * https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
 */
function endpointOf(bucket: string): string {
  const { AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL, AWS_REGION = '' } = process.env;
  const endpoint = AWS_ENDPOINT_URL_S3 ?? AWS_ENDPOINT_URL;
  if (endpoint) return `${endpoint}/${bucket}`;
  return `https://${bucket}.s3.${AWS_REGION}.amazonaws.com${AWS_REGION.startsWith('cn-') ? '.cn' : ''}`;
}
