import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { synthesize } from '@rollcall/local/internal/synthesize';
import { readAssembly } from '@rollcall/local/internal/template/assembly';
import { afterAll, describe, expect, it } from 'vitest';
import { root } from '../support/run.ts';

const folder = mkdtempSync(join(tmpdir(), 'rollcall-large-'));
afterAll(() => rmSync(folder, { recursive: true }));

async function resourcesById(stage: string, app: string): Promise<[string, any][]> {
  const outdir = await synthesize(
    join(folder, `${app.replaceAll('/', '-')}-${stage}`),
    { stage },
    { root: join(root, app) },
  );
  return readAssembly(outdir).stacks.flatMap(({ template }) => Object.entries(template.Resources));
}
const resources = async (stage: string, app: string) =>
  (await resourcesById(stage, app)).map(([, resource]) => resource);
const ofType = (all: any[], type: string) =>
  all.filter(({ Type }) => Type === type).map(({ Properties }) => Properties);

describe('an app with channels for large messages', () => {
  it('has one bucket, in which sent data expires after the longest lifetime of a message', async () => {
    const all = await resources('dev', 'test/support/large-app');
    const buckets = ofType(all, 'AWS::S3::Bucket');
    expect(buckets).toHaveLength(1);
    // Days in the outbox, the archive of the topic, the retries of SNS, the queue, and the dead-letter queue.
    expect(buckets[0].LifecycleConfiguration.Rules).toEqual([
      { Id: 'sent', Prefix: 'messages/', Status: 'Enabled', ExpirationInDays: 14 + 7 + 23 + 14 + 14 },
    ]);
    expect(buckets[0].PublicAccessBlockConfiguration).toEqual({
      ...{ BlockPublicAcls: true, BlockPublicPolicy: true, IgnorePublicAcls: true, RestrictPublicBuckets: true },
    });
    const [policy] = ofType(all, 'AWS::S3::BucketPolicy');
    const denied = policy.PolicyDocument.Statement.map(({ Effect, Sid }: any) => `${Effect} ${Sid ?? ''}`.trim());
    expect(denied).toEqual(['Deny', 'Deny OnlyThisStage']);
  });

  it('encrypts the bucket with the key of the stage, which roles may use through S3', async () => {
    const all = await resources('key', 'test/support/large-app');
    const [bucket] = ofType(all, 'AWS::S3::Bucket');
    expect(JSON.stringify(bucket.BucketEncryption)).toContain('aws:kms');
    const [key] = ofType(all, 'AWS::KMS::Key');
    expect(JSON.stringify(key.KeyPolicy)).toContain('"s3.');
  });
});

it('senders may store data, consumers may read it and store copies for parked messages, and the functions of an outbox without erasing events have no access', async () => {
  const all = await resourcesById('dev', 'examples/orders');
  const found = all.map(([, resource]) => resource);
  const withBucket = ofType(found, 'AWS::Lambda::Function').filter(
    ({ Environment }) => Environment?.Variables.LARGE_BUCKET,
  );
  expect(withBucket.map(({ FunctionName }) => FunctionName.replace('shop-dev-', '')).toSorted()).toEqual([
    ...['fulfilment-consume', 'fulfilment-sweep', 'orders-cancel', 'orders-create', 'orders-read'],
    ...['orders-replies-consume', 'orders-replies-sweep', 'orders-update'],
  ]);
  const roles = Object.fromEntries(all.map(([id, { Properties }]) => [id, Properties?.RoleName]));
  const granted = (action: string) =>
    ofType(found, 'AWS::IAM::Policy')
      .filter((policy) => JSON.stringify(policy).includes(`"${action}"`))
      .map(({ Roles }) => roles[Roles[0].Ref].replace('shop-dev-', ''))
      .toSorted();
  const consumers = ['fulfilment-consume', 'fulfilment-sweep'];
  const writers = ['orders-cancel', 'orders-create', 'orders-replies-consume', 'orders-replies-sweep', 'orders-update'];
  expect(granted('s3:GetObject')).toEqual(consumers);
  expect(granted('s3:PutObject')).toEqual([...consumers, ...writers]);
  expect(granted('s3:DeleteObject')).toEqual(consumers);
});

it('an app without large channels has no bucket', async () => {
  const all = await resources('dev', 'test/support/later-app');
  expect(JSON.stringify(all)).not.toMatch(/S3::Bucket|LARGE_/);
});
