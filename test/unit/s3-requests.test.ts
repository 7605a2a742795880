import type { Cloud } from '@rollcall/local/internal/cloud';
import { s3CallOf } from '@rollcall/local/internal/iam/s3-requests';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startSmallCloud } from '../support/small-cloud.ts';

const authorization = 'AWS4-HMAC-SHA256 Credential=local/20261130/us-east-1/s3/aws4_request';

describe('a call to S3', () => {
  let cloud: Cloud;
  const call = async (method: string, path: string, body?: string, headers: Record<string, string> = {}) => {
    const request = { method, headers: { authorization, ...headers }, ...(body !== undefined && { body }) };
    const answer = await fetch(`${cloud.endpointUrl}${path}`, request);
    return [answer.status, await answer.text()] as const;
  };
  beforeAll(async () => {
    cloud = await startSmallCloud();
    await call('PUT', '/bucket');
    await call('PUT', '/bucket/key', 'content');
  });
  afterAll(() => cloud.stop());

  it.each<[string, string, string, Record<string, string>?]>([
    ['PutObjectTagging', 'PUT', '/bucket/key?tagging'],
    ['PutObjectLegalHold', 'PUT', '/bucket/key?legal-hold'],
    ['PutObjectAcl', 'PUT', '/bucket/key?acl'],
    ['DeleteObjectTagging', 'DELETE', '/bucket/key?tagging'],
    ['a version of an object', 'DELETE', '/bucket/key?versionId=1'],
    ['RestoreObject', 'POST', '/bucket/key?restore'],
    ['SelectObjectContent', 'POST', '/bucket/key?select&select-type=2'],
    ['PutBucketVersioning', 'PUT', '/bucket/?versioning'],
    ['GetBucketPolicy', 'GET', '/bucket?policy'],
    ['ListObjectVersions', 'GET', '/bucket?versions'],
    ['a list of another kind', 'GET', '/bucket?list-type=3'],
    ['tags of an object', 'PUT', '/bucket/key', { 'x-amz-tagging': 'a=b' }],
    ['an access control list', 'PUT', '/bucket/key', { 'x-amz-acl': 'public-read' }],
    ['a copy of a version', 'PUT', '/bucket/key', { 'x-amz-copy-source': 'bucket/key?versionId=1' }],
  ])(
    'is refused with an error that names it, and has no effect, if it is unsupported: %s',
    async (_, method, path, headers) => {
      const [status, text] = await call(method, path, method === 'GET' ? undefined : '<Tagging/>', headers);
      const name = Object.keys(headers ?? {})[0] ?? `${method} ${path}`.replaceAll('&', '&#38;');
      expect([status, text]).toEqual([501, expect.stringContaining('<Code>NotImplemented</Code>')]);
      expect(text).toContain(name);
      expect(await call('GET', '/bucket/key')).toEqual([200, 'content']);
    },
  );

  it('is refused if its path is not validly encoded', async () => {
    expect(await call('PUT', '/bucket/100%', 'x')).toEqual([400, expect.stringContaining('InvalidURI')]);
    const source = { 'x-amz-copy-source': '/bucket/100%' };
    expect(await call('PUT', '/bucket/copy', '', source)).toEqual([400, expect.stringContaining('InvalidURI')]);
    const invoked = await fetch(`${cloud.endpointUrl}/2015-03-31/functions/100%/invocations`, { method: 'POST' });
    expect(invoked.status).toBe(400);
  });

  it.each<[string, string, Record<string, string>, string[]]>([
    ['GET', '/', {}, ['s3:ListAllMyBuckets on *']],
    ['GET', '/b?prefix=p', {}, ['s3:ListBucket on arn:aws:s3:::b']],
    ['PUT', '/b/a%20b?x-id=PutObject', {}, ['s3:PutObject on arn:aws:s3:::b/a b']],
    [
      'PUT',
      '/b/k',
      { 'x-amz-copy-source': '/c/a%20b' },
      ['s3:PutObject on arn:aws:s3:::b/k', 's3:GetObject on arn:aws:s3:::c/a b'],
    ],
    ['PUT', '/b/k?partNumber=1&uploadId=u', {}, ['s3:PutObject on arn:aws:s3:::b/k']],
    ['DELETE', '/b/k?uploadId=u', {}, ['s3:AbortMultipartUpload on arn:aws:s3:::b/k']],
    ['POST', '/b?delete', {}, []],
  ])('needs the permissions that IAM documents: %s %s %j', (method, path, headers, needed) => {
    expect(s3CallOf(method, path, headers).askedFor.map(({ action, resource }) => `${action} on ${resource}`)).toEqual(
      needed,
    );
  });
});
