import type { IncomingHttpHeaders } from 'node:http';
import type { AskedFor } from './requests.ts';

/** A call of S3, which has its operation in method, path and query. */
export interface S3Call {
  operation: string;
  bucket: string;
  askedFor: AskedFor[];
}

const arnOf = (bucket: string, key = '') => `arn:aws:s3:::${bucket}${key && `/${key}`}`;

const OF_OBJECTS: Record<string, { operation: string; action: string }> = {
  GET: { operation: 'GetObject', action: 's3:GetObject' },
  HEAD: { operation: 'HeadObject', action: 's3:GetObject' },
  PUT: { operation: 'PutObject', action: 's3:PutObject' },
  DELETE: { operation: 'DeleteObject', action: 's3:DeleteObject' },
};

/** As S3 signs it; nothing else has a service in its path. */
export const isS3 = ({ authorization = '' }: IncomingHttpHeaders): boolean => /\/s3\/aws4_request/.test(authorization);

/**
 * What a call does, and needs (https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html): objects
 * by path, and the list of a bucket. Of anything else, such as parts of uploads, nothing is known: roles may not do it.
 */
export function s3CallOf(method: string, target: string, headers: IncomingHttpHeaders): S3Call {
  // As the emulator reads it: a URL would resolve `..`.
  const [path = '', query = ''] = target.split('?');
  const searchParams = new URLSearchParams(query);
  const [bucket = '', ...rest] = path.slice(1).split('/').map(decodeURIComponent);
  const key = rest.join('/');
  const isList = method === 'GET' && key === '' && searchParams.get('list-type') === '2';
  if (isList) {
    const context = { 's3:prefix': searchParams.get('prefix') ?? '' };
    return {
      operation: 'ListObjectsV2',
      bucket,
      askedFor: [{ action: 's3:ListBucket', resource: arnOf(bucket), context }],
    };
  }
  const known = OF_OBJECTS[method];
  const others = [...searchParams.keys()].filter((name) => name !== 'x-id');
  if (!known || key === '' || others.length > 0) return { operation: method, bucket, askedFor: [] };
  const { operation, action } = known;
  const asked = { action, resource: arnOf(bucket, key) };
  const source = headers['x-amz-copy-source'];
  if (operation !== 'PutObject' || typeof source !== 'string') return { operation, bucket, askedFor: [asked] };
  const from = decodeURIComponent(source).replace(/^\//, '');
  return {
    operation: 'CopyObject',
    bucket,
    askedFor: [asked, { action: 's3:GetObject', resource: `arn:aws:s3:::${from}` }],
  };
}
