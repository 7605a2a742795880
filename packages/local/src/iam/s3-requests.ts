import type { IncomingHttpHeaders } from 'node:http';
import type { AskedFor } from './requests.ts';
import { s3OperationOf } from './s3-operations.ts';

/** A call of S3, whose operation is determined by method, path and query. */
export interface S3Call {
  operation: string;
  bucket: string;
  /** Empty: no role may do it. */
  askedFor: AskedFor[];
  /** The part that the embedded cloud does not support; undefined: it supports all of it. */
  unsupported?: string | undefined;
}

const arnOf = (bucket: string, key = '') => `arn:aws:s3:::${bucket}${key && `/${key}`}`;

/** Signed for S3; only S3 signatures name the service this way. */
export const isS3 = ({ authorization = '' }: IncomingHttpHeaders): boolean => /\/s3\/aws4_request/.test(authorization);

/** The operation of a call, and the permissions it requires. @throws {URIError} if the path is not percent-encoded */
export function s3CallOf(method: string, target: string, headers: IncomingHttpHeaders): S3Call {
  // Parsed as the emulator does: a URL object would resolve `..`.
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

/** Headers that the emulator ignores, unless their value means its default behaviour. */
const UNSUPPORTED_HEADER =
  /^x-amz-(acl|bypass-.*|.*bucket-owner|.*-customer-.*|grant-.*|if-match-.*|mfa|mp-object-size|object-(lock-.*|ownership)|storage-class|tagging.*|website-redirect-location|write-offset-bytes)$/;
const DEFAULT_VALUES = new Set(['private', 'bucket-owner-full-control', 'STANDARD', 'COPY']);

const unsupportedHeaderIn = (headers: IncomingHttpHeaders): string | undefined =>
  Object.keys(headers).find((name) => UNSUPPORTED_HEADER.test(name) && !DEFAULT_VALUES.has(String(headers[name])));
