import type { IncomingHttpHeaders } from 'node:http';
import type { AskedFor } from './requests.ts';
import { s3OperationOf } from './s3-operations.ts';

/** A call of S3. The method, path, query and headers of the request determine the operation. */
export interface S3Call {
  operation: string;
  bucket: string;
  /** Empty: no role may make the call. */
  askedFor: AskedFor[];
  /** The part of the call that the embedded cloud does not support; undefined: the whole call is supported. */
  unsupported?: string | undefined;
}

const arnOf = (bucket: string, key = '') => `arn:aws:s3:::${bucket}${key && `/${key}`}`;

/** Whether a request is signed for S3. The credential of such a signature contains `/s3/`. */
export const isS3 = ({ authorization = '' }: IncomingHttpHeaders): boolean => /\/s3\/aws4_request/.test(authorization);

/**
 * Determines the operation and permissions of a call.
 * @throws {URIError} if the path has an invalid percent-encoding
 */
export function s3CallOf(method: string, target: string, headers: IncomingHttpHeaders): S3Call {
  // Parses the path the way the emulator does. A URL object would resolve `..`.
  const [path = '', search = ''] = target.split('?');
  const query = new URLSearchParams(search);
  const [bucket = '', ...rest] = path.slice(1).split('/').map(decodeURIComponent);
  const key = rest.join('/');
  const operation = s3OperationOf(method, key ? 'object' : bucket ? 'bucket' : 'service', query);
  const copySource = sourceIn(headers);
  if (!operation) return { operation: method, bucket, askedFor: [], unsupported: `${method} ${target}` };
  const { name, actions } = operation;
  const resource = bucket ? arnOf(bucket, key) : '*';
  const context = name.startsWith('ListObjects') && { context: { 's3:prefix': query.get('prefix') ?? '' } };
  return {
    operation: copySource ? (COPY_OPERATIONS[name] ?? name) : name,
    bucket,
    askedFor: [
      ...actions.map((action) => ({ action, resource, ...context })),
      ...(copySource ? [{ action: 's3:GetObject', resource: `arn:aws:s3:::${copySource}` }] : []),
    ],
    unsupported:
      unsupportedHeaderIn(headers) ?? (copySource?.includes('?') ? 'x-amz-copy-source with a version' : undefined),
  };
}

const COPY_OPERATIONS: Readonly<Record<string, string>> = { PutObject: 'CopyObject', UploadPart: 'UploadPartCopy' };

function sourceIn({ 'x-amz-copy-source': source }: IncomingHttpHeaders): string | undefined {
  return typeof source === 'string' ? decodeURIComponent(source).replace(/^\//, '') : undefined;
}

/** Headers that the emulator ignores. They are unsupported unless their value is in {@link DEFAULT_VALUES}. */
const UNSUPPORTED_HEADER =
  /^x-amz-(acl|bypass-.*|.*bucket-owner|.*-customer-.*|grant-.*|if-match-.*|mfa|mp-object-size|object-(lock-.*|ownership)|storage-class|tagging.*|website-redirect-location|write-offset-bytes)$/;
/** Values of {@link UNSUPPORTED_HEADER} that request the emulator's default behaviour. */
const DEFAULT_VALUES = new Set(['private', 'bucket-owner-full-control', 'STANDARD', 'COPY']);

const unsupportedHeaderIn = (headers: IncomingHttpHeaders): string | undefined =>
  Object.keys(headers).find((name) => UNSUPPORTED_HEADER.test(name) && !DEFAULT_VALUES.has(String(headers[name])));
