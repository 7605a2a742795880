import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { crc32c, crc64nvme } from './crc.ts';

type Headers = Readonly<Record<string, string | string[] | undefined>>;

/** Decodes a body in AWS's `aws-chunked` encoding into its content and its trailers. */
export type DecodeChunks = (body: Buffer) => { body: Buffer; trailers: Headers };

const hash = (algorithm: string) => (data: Buffer) => createHash(algorithm).update(data).digest('base64');

function crc32Of(data: Buffer): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(crc32(data));
  return bytes.toString('base64');
}

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html */
const DIGESTS: Readonly<Record<string, (data: Buffer) => string>> = {
  'content-md5': hash('md5'),
  'x-amz-checksum-crc32': crc32Of,
  'x-amz-checksum-crc32c': crc32c,
  'x-amz-checksum-crc64nvme': crc64nvme,
  'x-amz-checksum-sha1': hash('sha1'),
  'x-amz-checksum-sha256': hash('sha256'),
};

/** The name of a digest header that does not match the body; undefined if all digest headers match. */
export function wrongDigest(headers: Headers, body: Buffer, decode: DecodeChunks): string | undefined {
  const signed = String(headers['x-amz-content-sha256'] ?? '');
  if (/^[0-9a-f]{64}$/.test(signed) && createHash('sha256').update(body).digest('hex') !== signed)
    return 'x-amz-content-sha256';
  const isChunked = String(headers['content-encoding'] ?? '').includes('aws-chunked');
  const sent = isChunked ? decode(body) : { body, trailers: {} };
  const fields: Headers = { ...headers, ...sent.trailers };
  return Object.keys(DIGESTS).find((name) => fields[name] !== undefined && DIGESTS[name]?.(sent.body) !== fields[name]);
}
