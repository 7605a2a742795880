import { createHash } from 'node:crypto';
import {
  AbortMultipartUploadCommand,
  CopyObjectCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  type ListObjectsV2CommandInput,
  PutObjectCommand,
  type PutObjectCommandInput,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clientConfig, uniqueName } from './aws.ts';

const s3 = new S3Client({ ...clientConfig, forcePathStyle: true });
const Bucket = uniqueName('objects');

const put = (Key: string, Body = 'x', more: Partial<PutObjectCommandInput> = {}) =>
  s3.send(new PutObjectCommand({ Bucket, Key, Body, ...more }));
const body = async (Key: string) =>
  (await s3.send(new GetObjectCommand({ Bucket, Key }))).Body?.transformToString() ?? '';
/** Returns the status and the code of a refused call, or `nothing` if the call succeeds. */
const refusal = (call: Promise<unknown>) =>
  call.then(
    () => 'nothing',
    ({ $metadata, name }) => [$metadata.httpStatusCode, name],
  );
const FAILED = [412, 'PreconditionFailed'];
const NO_KEY = [404, 'NoSuchKey'];

beforeAll(async () => {
  const LocationConstraint = clientConfig.region as 'eu-west-1';
  const elsewhere = clientConfig.region !== 'us-east-1' && { CreateBucketConfiguration: { LocationConstraint } };
  await s3.send(new CreateBucketCommand({ Bucket, ...elsewhere }));
});
afterAll(async () => {
  const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket }));
  const Objects = Contents.map(({ Key }) => ({ Key }));
  if (Objects.length > 0) await s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }));
  await s3.send(new DeleteBucketCommand({ Bucket }));
});

// https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
describe('a conditional write', () => {
  it('with If-None-Match: * does not replace an existing object', async () => {
    await put('once', 'first', { IfNoneMatch: '*' });
    expect(await refusal(put('once', 'second', { IfNoneMatch: '*' }))).toEqual(FAILED);
    expect(await body('once')).toBe('first');
  });

  it('replaces an object only if its ETag matches', async () => {
    const { ETag } = await put('named', 'first');
    await put('named', 'second', { IfMatch: ETag });
    expect(await refusal(put('named', 'third', { IfMatch: ETag }))).toEqual(FAILED);
    expect(await refusal(put('not-there', 'x', { IfMatch: ETag }))).toEqual(NO_KEY);
    expect(await body('named')).toBe('second');
  });

  // https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-deletes.html
  it('deletes an object only if its ETag matches', async () => {
    const { ETag } = await put('deleted', 'first');
    await put('deleted', 'second');
    const remove = (IfMatch?: string) => s3.send(new DeleteObjectCommand({ Bucket, Key: 'deleted', IfMatch }));
    expect(await refusal(remove(ETag))).toEqual(FAILED);
    expect(await body('deleted')).toBe('second');
    await remove('*');
    expect(await refusal(body('deleted'))).toEqual(NO_KEY);
  });
});

// https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html
describe('a copy', () => {
  const copy = (Key: string, from: string, more: object = {}) =>
    s3.send(new CopyObjectCommand({ Bucket, Key, CopySource: `${Bucket}/${from}`, ...more }));

  it('supports conditions on its source', async () => {
    const { ETag } = await put('source', 'first');
    const { ETag: other } = await put('source', 'second');
    const [past, future] = [new Date(Date.now() - 3_600_000), new Date(Date.now() + 3_600_000)];
    expect(await refusal(copy('copy', 'source', { CopySourceIfMatch: ETag }))).toEqual(FAILED);
    expect(await refusal(copy('copy', 'source', { CopySourceIfNoneMatch: other }))).toEqual(FAILED);
    expect(await refusal(copy('copy', 'source', { CopySourceIfUnmodifiedSince: past }))).toEqual(FAILED);
    expect(await refusal(body('copy'))).toEqual(NO_KEY);
    await copy('copy', 'source', { CopySourceIfMatch: other, CopySourceIfUnmodifiedSince: past });
    await copy('copy', 'source', { CopySourceIfNoneMatch: ETag, CopySourceIfUnmodifiedSince: future });
    expect(await body('copy')).toBe('second');
  });

  it('of an object to itself is refused unless it changes the metadata', async () => {
    await put('same');
    expect(await refusal(copy('same', 'same'))).toEqual([400, 'InvalidRequest']);
    await copy('same', 'same', { MetadataDirective: 'REPLACE', Metadata: { a: 'b' } });
  });
});

// https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html
describe('an object', () => {
  const digest = (algorithm: string, text: string) => createHash(algorithm).update(text).digest('base64');

  // The CRC checksums of `123456789` are from https://reveng.sourceforge.io/crc-catalogue/.
  it.each([
    ['ChecksumCRC32', 'y/Q5Jg=='],
    ['ChecksumCRC32C', '4waSgw=='],
    ['ChecksumCRC64NVME', 'rosUhgp5mIg='],
    ['ChecksumSHA1', digest('sha1', '123456789')],
    ['ChecksumSHA256', digest('sha256', '123456789')],
    ['ContentMD5', digest('md5', '123456789')],
  ])('is refused with a wrong %s', async (name, value) => {
    const Key = `with-${name}`;
    await put(Key, '123456789', { [name]: value });
    expect(await refusal(put(Key, '123456780', { [name]: value }))).toEqual([400, 'BadDigest']);
    expect(await body(Key)).toBe('123456789');
  });

  it('is refused as a part of an upload if its digest is wrong', async () => {
    const { UploadId } = await s3.send(new CreateMultipartUploadCommand({ Bucket, Key: 'parts' }));
    const part = new UploadPartCommand({
      ...{ Bucket, Key: 'parts', UploadId, PartNumber: 1, Body: 'x', ContentMD5: digest('md5', 'y') },
    });
    expect(await refusal(s3.send(part))).toEqual([400, 'BadDigest']);
    await s3.send(new AbortMultipartUploadCommand({ Bucket, Key: 'parts', UploadId }));
  });

  // https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html
  it('has a key of at most 1,024 bytes', async () => {
    await put('ü'.repeat(512));
    expect(await refusal(put(`${'ü'.repeat(512)}x`))).toEqual([400, 'KeyTooLongError']);
  });
});

// https://docs.aws.amazon.com/AmazonS3/latest/userguide/ListingKeysUsingAPIs.html
describe('a list', () => {
  const list = async (more: Partial<ListObjectsV2CommandInput> = {}) =>
    s3.send(new ListObjectsV2Command({ Bucket, Prefix: 'list/', ...more }));

  it('is sorted by the UTF-8 bytes of the keys', async () => {
    const keys = ['list/B', 'list/_', 'list/a', 'list/b', 'list/ä', 'list/\uff5e', 'list/😀'];
    for (const key of keys.toReversed()) await put(key);
    const { Contents = [] } = await list();
    expect(Contents.map(({ Key }) => Key)).toEqual(keys);
    const after = await list({ StartAfter: 'list/b' });
    expect(after.Contents?.map(({ Key }) => Key)).toEqual(keys.slice(4));
  });

  it('has each key and each common prefix on exactly one of its pages', async () => {
    for (const key of ['paged/a', 'paged/b/1', 'paged/b/2', 'paged/c', 'paged/d/1', 'paged/e/1']) await put(key);
    for (const MaxKeys of [1, 2, 3, 4]) {
      const seen: Array<string | undefined> = [];
      let ContinuationToken: string | undefined;
      do {
        const page = await list({ Prefix: 'paged/', Delimiter: '/', MaxKeys, ContinuationToken });
        const { Contents = [], CommonPrefixes = [] } = page;
        seen.push(...Contents.map(({ Key }) => Key), ...CommonPrefixes.map(({ Prefix }) => Prefix));
        ContinuationToken = page.NextContinuationToken;
      } while (ContinuationToken);
      expect(seen.toSorted()).toEqual(['paged/a', 'paged/b/', 'paged/c', 'paged/d/', 'paged/e/']);
    }
  });
});
