import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startCloud } from '@rollcall/local/internal/cloud';
import { readAssembly } from '@rollcall/local/internal/template/assembly';
import { App, Stack, Stage } from 'aws-cdk-lib';
import { Asset } from 'aws-cdk-lib/aws-s3-assets';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { describe, expect, it, onTestFinished } from 'vitest';

/** The assembly of an app whose stages each have a stack with a queue. */
function synthesized(stages: Record<string, { stackName?: string; queueName?: string }>) {
  const folder = mkdtempSync(join(tmpdir(), 'rollcall-stages-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const asset = join(folder, 'asset');
  mkdirSync(asset);
  writeFileSync(join(asset, 'index.mjs'), 'export const one = 1;');
  let hash = '';
  const app = new App({ outdir: join(folder, 'out'), analyticsReporting: false });
  for (const [name, { stackName, queueName }] of Object.entries(stages)) {
    const stack = new Stack(new Stage(app, name), 'Jobs', stackName === undefined ? {} : { stackName });
    new Queue(stack, 'Queue', queueName === undefined ? {} : { queueName });
    hash = new Asset(stack, 'Asset', { path: asset }).assetHash;
  }
  return { folder: app.synth().directory, hash };
}

const assemblyOf = (stages: Parameters<typeof synthesized>[0]): string => synthesized(stages).folder;

describe('an app with stages', () => {
  it('has the stacks of each stage, with their assets', () => {
    const { folder, hash } = synthesized({ Dev: {}, Prod: {} });
    const { stacks, assetFolder } = readAssembly(folder);
    expect(stacks.map(({ name }) => name)).toEqual(['Dev-Jobs', 'Prod-Jobs']);
    expect(stacks.map(({ template }) => Object.values(template.Resources).map(({ Type }) => Type))).toEqual([
      ['AWS::SQS::Queue'],
      ['AWS::SQS::Queue'],
    ]);
    expect(existsSync(assetFolder(`${hash}.zip`))).toBe(true);
    expect(() => assetFolder('none')).toThrow('has the asset none');
  });

  it('runs', async () => {
    await using cloud = await startCloud({
      assembly: assemblyOf({ Dev: { queueName: 'dev' }, Prod: { queueName: 'prod' } }),
    });
    expect(() => cloud.published('none')).toThrow('There are: dev, prod.');
  });

  it('is refused if two of its stacks have the same name', () => {
    expect(() => readAssembly(assemblyOf({ Dev: { stackName: 'jobs' }, Prod: { stackName: 'jobs' } }))).toThrow(
      'has several stacks named jobs',
    );
  });

  it('is refused if two of its stacks create the same resource', async () => {
    const starting = startCloud({ assembly: assemblyOf({ Dev: { queueName: 'jobs' }, Prod: { queueName: 'jobs' } }) });
    await expect(starting).rejects.toThrow(
      /(Dev|Prod)-Jobs and (Dev|Prod)-Jobs both create arn:aws:sqs:us-east-1:000000000000:jobs/,
    );
  });
});
