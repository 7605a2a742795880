import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { LambdaFunction } from '@rollcall/local/internal/lambda/function';
import { type CodeProperties, codeOf } from '@rollcall/local/internal/resources/code';
import { describe, expect, it, onTestFinished } from 'vitest';

type Files = Record<string, string>;

/** Writes an app whose `.js` files are ES modules, and the asset that `cdk synth` would write for one function. */
function synthesized(files: Files): { app: string; code: string } {
  const app = mkdtempSync(join(tmpdir(), 'rollcall-code-'));
  onTestFinished(() => rmSync(app, { recursive: true }));
  write(app, { 'package.json': '{ "type": "module" }' });
  const code = join(app, 'cdk.out/asset');
  mkdirSync(code, { recursive: true });
  write(code, files);
  return { app, code };
}

function write(folder: string, files: Files): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
}

function codeIn({ app, code }: { app: string; code: string }, settings: Partial<CodeProperties> = {}) {
  const assemblyFolder = join(app, 'cdk.out');
  const place = { app, assemblyFolder, folder: join(app, '.rollcall'), assembly: { assetFolder: () => code } };
  return codeOf(place, 'fn', {
    Runtime: 'nodejs24.x',
    Handler: 'index.handler',
    Code: { S3Key: 'asset' },
    ...settings,
  });
}

/** Invokes the function with the events, one after the other. @returns the last result */
async function resultOf(
  from: Files | { app: string; code: string },
  settings: Partial<CodeProperties> = {},
  ...events: object[]
): Promise<unknown> {
  const folders =
    typeof from.app === 'string' && from.code ? (from as { app: string; code: string }) : synthesized(from as Files);
  const settingsOfAll = { name: 'fn', arn: 'arn', role: 'role', timeoutMs: 10_000, memoryMb: 128 };
  const environment = { AWS_REGION: 'us-east-1' };
  const fn = new LambdaFunction(
    { ...settingsOfAll, ...codeIn(folders, settings), environment },
    { limit: 1, log: () => {}, onFailure: () => {} },
  );
  onTestFinished(() => fn.stop());
  let payload = '';
  for (const event of events.length > 0 ? events : [{}]) ({ payload } = await fn.invoke(JSON.stringify(event)));
  return JSON.parse(payload);
}

describe('the handler of a function', () => {
  const source = {
    cjs: "exports.handler = async () => 'called';",
    esm: "export const handler = async () => 'called';",
  };
  it.each([
    ['index.js, CommonJS below an app of ES modules', { 'index.js': source.cjs }, {}],
    ['index.js of a package of ES modules', { 'index.js': source.esm, 'package.json': '{"type":"module"}' }, {}],
    ['index.cjs', { 'index.cjs': source.cjs }, {}],
    ['index.mjs', { 'index.mjs': source.esm }, {}],
    [
      'a file in a folder that requires another file',
      { 'src/app.js': "exports.on = { order: require('../lib/handler').handler };", 'lib/handler.js': source.cjs },
      { Handler: 'src/app.on.order' },
    ],
    [
      'an object assigned to module.exports',
      { 'index.js': "module.exports = Object.create({ handler: async () => 'called' });" },
      {},
    ],
    ['inline code', {}, { Code: { ZipFile: source.cjs } }],
  ])('may be in %s', async (_, files, settings) => {
    expect(await resultOf(files as Files, settings)).toBe('called');
  });

  it.each<[string, Partial<CodeProperties>, string]>([
    ['without a handler file', {}, 'contains none of index.js, index.mjs and index.cjs'],
    ['with an invalid handler', { Handler: 'index' }, 'its handler, index, is not of the form FILE.EXPORT'],
    ['in Python', { Runtime: 'python3.13' }, 'supports only Node.js functions, not python3.13'],
    ['in a container', { PackageType: 'Image' }, 'not container images'],
    ['with layers', { Layers: ['arn:powertools:1'] }, 'does not support layers: arn:powertools:1'],
    ['with a file system', { FileSystemConfigs: [{}] }, 'does not support file systems of functions'],
  ])('is refused %s', async (_, settings, why) => {
    expect(() => codeIn(synthesized({ 'other.js': '' }), settings)).toThrow(why);
  });
});

describe('a handler with a callback', () => {
  const node22 = { Runtime: 'nodejs22.x' };
  it.each([
    ['returns through the callback', "callback(null, 'called')", 'called'],
    ['fails through the callback', "callback(new TypeError('no'))", { errorType: 'TypeError', errorMessage: 'no' }],
    ['returns through its context', "context.succeed('called')", 'called'],
    ['returns null if it does not call the callback', 'undefined', null],
    ['returns only its first result', "callback(null, 'called'); callback(null, 'again')", 'called'],
    [
      'ends when the event loop is empty',
      "setTimeout(() => { seen.push('later'); }, 20); callback(null, seen)",
      ['later'],
    ],
    [
      'ends at the callback if it sets callbackWaitsForEmptyEventLoop to false',
      "context.callbackWaitsForEmptyEventLoop = false; setTimeout(() => { seen.push('later'); }, 20); callback(null, seen)",
      [],
    ],
  ])('%s', async (_, statement, expected) => {
    const source = `exports.handler = (event, context, callback) => { const seen = []; ${statement}; };`;
    expect([await resultOf({ 'index.js': source }, node22)]).toMatchObject([expected]);
  });

  it('handles events one after the other, even if it returns promises for some of them', async () => {
    const source = `let count = 0; exports.handler = ({ how }, context, callback) => {
      count++; if (how === 'promise') return Promise.resolve(count); setTimeout(() => callback(null, count), 5); };`;
    const events = ['promise', 'callback', 'callback', 'promise'].map((how) => ({ how }));
    expect(await resultOf({ 'index.js': source }, node22, ...events)).toBe(4);
  });

  it('is not supported from Node.js 24 on, as on Lambda', async () => {
    const source = "exports.handler = (event, context, callback) => callback(null, 'called');";
    expect(await resultOf({ 'index.js': source })).toMatchObject({ errorType: 'Runtime.InitError' });
  });
});

describe('the AWS SDK', () => {
  const region = (imported: string) => `${imported} exports.handler = async () => new SQSClient({}).config.region();`;
  it.each([
    ['a bundle', { 'index.js': region('const { SQSClient } = require("@aws-sdk/client-sqs");') }],
    [
      'an ES module',
      {
        'index.mjs':
          "import { SQSClient } from '@aws-sdk/client-sqs'; export const handler = async () => new SQSClient({}).config.region();",
      },
    ],
    [
      'a file that the bundle requires',
      {
        'index.js': "exports.handler = require('./sqs').handler",
        'sqs.js': region("const { SQSClient } = require('@aws-sdk/client-sqs');"),
      },
    ],
  ])('is available to %s, even if neither the code nor the app contains it', async (_, files) => {
    expect(await resultOf(files)).toBe('us-east-1');
  });

  it('is taken from the code, otherwise from the app, otherwise from the embedded cloud', async () => {
    const folders = synthesized({
      'index.js':
        "exports.handler = async () => [require('@aws-sdk/client-sqs').whose, require('@aws-sdk/client-sns').whose];",
      'node_modules/@aws-sdk/client-sns/index.js': "exports.whose = 'of the code';",
    });
    for (const name of ['client-sqs', 'client-sns']) {
      const whose = { 'index.js': "exports.whose = 'of the app';", 'package.json': '{}' };
      write(join(folders.app, 'node_modules/@aws-sdk', name), whose);
    }
    expect(await resultOf(folders)).toEqual(['of the app', 'of the code']);
  });

  it.each([
    [
      'a client that is not installed',
      "require('@aws-sdk/client-quicksight')",
      'npm install --save-dev @aws-sdk/client-quicksight',
    ],
    ['version 2', "require('aws-sdk')", 'uses version 2 of the AWS SDK, which ignores AWS_ENDPOINT_URL'],
    ['a part of version 2', 'import s3 from "aws-sdk/clients/s3"', 'uses version 2 of the AWS SDK'],
    ['version 2 inside a bundle', 'var r="aws-sdk-"+e+"/"+m().VERSION', 'uses version 2 of the AWS SDK'],
  ])('is refused at start if it is %s', (_, source, why) => {
    expect(() => codeIn(synthesized({ 'index.js': source }))).toThrow(why);
  });

  it('may be mentioned in a string, or imported dynamically', async () => {
    const source = `const hint = 'call [require("@aws-sdk/signature-v4-crt");]'; exports.never = () => import('@aws-sdk/client-quicksight');
      exports.handler = async () => hint.length > 0;`;
    expect(await resultOf({ 'index.js': source })).toBe(true);
  });
});

it('no function can call the real AWS, with any client', async () => {
  const source = `const https = require('node:https');
    const byHttps = () => new Promise((resolve) => https.get('https://sqs.eu-west-1.amazonaws.com/').on('error', (error) => resolve(error.message)));
    const byFetch = () => fetch('https://states.us-east-1.api.aws/').catch((error) => error.cause.message);
    exports.handler = async () => [await byHttps(), await byFetch()];`;
  const refusalFor = (host: string) =>
    `${host} is a host of AWS, which functions in the embedded cloud cannot call: clients must use AWS_ENDPOINT_URL`;
  expect(await resultOf({ 'index.js': source })).toEqual([
    refusalFor('sqs.eu-west-1.amazonaws.com'),
    refusalFor('states.us-east-1.api.aws'),
  ]);
});
