import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type Cloud, type CloudOptions, startCloud } from '@rollcall/local/internal/cloud';

export interface SmallCloud {
  /** The resources in the template of the only stack. */
  resources?: Record<string, { Type: string; Properties?: object }>;
  /** The account and region of the stack, such as `aws://unknown-account/eu-west-1`. */
  environment?: string;
  /** Sources of functions, by the `S3Key` of their code. */
  code?: Record<string, string>;
}

/** Writes the output that `cdk synth` would write for one stack. */
export function writeAssembly(folder: string, { resources = {}, code = {}, environment }: SmallCloud): string {
  const write = (file: string, content: string) => {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), content);
  };
  for (const [key, source] of Object.entries(code)) write(`${key}/index.mjs`, source);
  const files = Object.keys(code).map((path) => [
    path,
    { source: { path }, destinations: { here: { objectKey: path } } },
  ]);
  write('assets.json', JSON.stringify({ files: Object.fromEntries(files) }));
  write('template.json', JSON.stringify({ Resources: resources }));
  const artifacts = {
    assets: { type: 'cdk:asset-manifest', properties: { file: 'assets.json' } },
    small: { type: 'aws:cloudformation:stack', environment, properties: { templateFile: 'template.json' } },
  };
  write('manifest.json', JSON.stringify({ artifacts }));
  return folder;
}

/** The resources of a function and its role. The role allows logging. */
export const functionResources = (FunctionName: string, S3Key: string, settings: object = {}) => ({
  Role: {
    Type: 'AWS::IAM::Role',
    Properties: {
      AssumeRolePolicyDocument: {
        Statement: { Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' },
      },
      ManagedPolicyArns: ['arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole'],
    },
  },
  Function: {
    Type: 'AWS::Lambda::Function',
    Properties: {
      FunctionName,
      Runtime: 'nodejs24.x',
      Handler: 'index.handler',
      Role: { 'Fn::GetAtt': ['Role', 'Arn'] },
      Code: { S3Key },
      ...settings,
    },
  },
});

/** Writes the assembly of an app, without synthesis, and starts a cloud from it. */
export async function startSmallCloud(app: SmallCloud = {}, options: CloudOptions = {}): Promise<Cloud> {
  const folder = mkdtempSync(join(tmpdir(), 'rollcall-small-'));
  const cloud = await startCloud({ assembly: writeAssembly(folder, app), ...options });
  const stop = async () => {
    await cloud.stop();
    rmSync(folder, { recursive: true });
  };
  return { ...cloud, stop, [Symbol.asyncDispose]: stop };
}
