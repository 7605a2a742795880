import { copyFault, type S3Fault, type StoredObject, writeFault } from './object-conditions.ts';
import { type DecodeChunks, wrongDigest } from './object-digests.ts';

export interface ObjectRequest {
  method: string;
  params: { bucket?: string; '*'?: string };
  query: Readonly<Record<string, string | undefined>>;
  headers: Readonly<Record<string, string | string[] | undefined>>;
  body: unknown;
}

export type Buckets = ReadonlyMap<string, ReadonlyMap<string, StoredObject>>;

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html */
const MAX_KEY_BYTES = 1024;

/**
 * The error for a request that fauxqs accepts, although S3 rejects it or fauxqs does not implement it; undefined for
 * any other request.
 */
export function faultOf(request: ObjectRequest, buckets: Buckets, decode: DecodeChunks): S3Fault | undefined {
  const { method, params, query, headers, body } = request;
  const { bucket = '', '*': key = '' } = params;
  if (Buffer.byteLength(key) > MAX_KEY_BYTES) return ['KeyTooLongError', 'Your key is too long', 400];
  if (query['max-keys'] !== undefined && !/^\d+$/.test(query['max-keys']))
    return ['InvalidArgument', 'Provided max-keys not an integer or within integer range', 400];
  const wrong = Buffer.isBuffer(body) ? digestFault(request, body, decode) : undefined;
  if (wrong) return wrong;
  if (method === 'POST' && 'delete' in query && /<(ETag|VersionId|Size|LastModifiedTime)>/.test(String(body)))
    return ['NotImplemented', 'In a request that deletes several objects, the embedded cloud supports only keys.', 501];
  if (!key) return undefined;
  const existing = buckets.get(bucket)?.get(key);
  const writes = method === 'PUT' ? !('uploadId' in query) : method === 'POST' && 'uploadId' in query;
  const refused = writes || (method === 'DELETE' && !('uploadId' in query)) ? writeFault(headers, existing) : undefined;
  return refused ?? (method === 'PUT' ? sourceFault(request, buckets) : undefined);
}

function digestFault({ method, query, headers }: ObjectRequest, body: Buffer, decode: DecodeChunks) {
  const isComplete = method === 'POST' && 'uploadId' in query;
  const wholeDigest = isComplete && Object.keys(headers).find((name) => /^x-amz-checksum-(crc|sha)/.test(name));
  if (wholeDigest)
    return ['NotImplemented', `The embedded cloud does not support ${wholeDigest} of a whole upload.`, 501] as const;
  const wrong = wrongDigest(headers, body, decode);
  if (wrong === undefined) return undefined;
  const code = wrong === 'x-amz-content-sha256' ? 'XAmzContentSHA256Mismatch' : 'BadDigest';
  return [code, `The ${wrong} you specified did not match what we received.`, 400] as const;
}

function sourceFault({ params, headers, query }: ObjectRequest, buckets: Buckets): S3Fault | undefined {
  const copySource = headers['x-amz-copy-source'];
  if (copySource === undefined) return undefined;
  const [, bucket = '', key = ''] = /^\/?([^/]*)\/(.*)$/s.exec(decodeURIComponent(String(copySource))) ?? [];
  const source = buckets.get(bucket)?.get(key);
  if (!source) return undefined;
  const changes = headers['x-amz-metadata-directive'] === 'REPLACE' || 'x-amz-server-side-encryption' in headers;
  if (bucket === params.bucket && key === params['*'] && !('uploadId' in query) && !changes)
    return [
      'InvalidRequest',
      "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage class, website redirect location or encryption attributes.",
      400,
    ];
  return copyFault(headers, source);
}
