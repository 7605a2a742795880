import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { close, open, url } from 'node:inspector';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { SendMessageCommand } from '@aws-sdk/client-sqs';
import type { Cloud } from '@rollcall/local/internal/cloud';
import type { LambdaFunction } from '@rollcall/local/internal/lambda/function';
import { Instance } from '@rollcall/local/internal/lambda/instance';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { attachDebugger, waitUntilPassed } from '../support/debugger.ts';
import { functionArn, loggedEvents } from '../support/listening.ts';
import { functionResources, startSmallCloud, writeAssembly } from '../support/small-cloud.ts';

const HANDLER = `export const handler = async (event) => {
  console.log('EVENT ' + JSON.stringify(event));
  debugger;
  if (event.fails) throw new Error('it fails');
  return {};
};`;
const api = { ApiId: { Ref: 'Api' } };
const mapping = (EventSourceArn: object, more: object) => ({
  Type: 'AWS::Lambda::EventSourceMapping',
  Properties: { EventSourceArn, FunctionName: functionArn, ...more },
});

/**
 * Every timeout is one second, except the visibility timeout of the queue, because messages must not become visible
 * while the machine is busy.
 */
const resources = {
  ...functionResources('listener', 'listener', { Timeout: 1 }),
  Policy: {
    Type: 'AWS::IAM::Policy',
    Properties: {
      Roles: [{ Ref: 'Role' }],
      PolicyDocument: { Statement: { Effect: 'Allow', Action: ['sqs:*', 'dynamodb:*'], Resource: '*' } },
    },
  },
  Api: { Type: 'AWS::ApiGatewayV2::Api', Properties: { ProtocolType: 'HTTP' } },
  Stage: { Type: 'AWS::ApiGatewayV2::Stage', Properties: { ...api, StageName: '$default' } },
  Integration: {
    Type: 'AWS::ApiGatewayV2::Integration',
    Properties: {
      ...{ ...api, IntegrationType: 'AWS_PROXY', PayloadFormatVersion: '2.0', TimeoutInMillis: 1_000 },
      IntegrationUri: functionArn,
    },
  },
  Route: {
    Type: 'AWS::ApiGatewayV2::Route',
    Properties: { ...api, RouteKey: 'GET /things', Target: { 'Fn::Sub': 'integrations/${Integration}' } },
  },
  Permission: {
    Type: 'AWS::Lambda::Permission',
    Properties: {
      ...{ FunctionName: { Ref: 'Function' }, Action: 'lambda:InvokeFunction' },
      Principal: 'apigateway.amazonaws.com',
      SourceArn: { 'Fn::Sub': 'arn:aws:execute-api:us-east-1:000000000000:${Api}/$default/*/things' },
    },
  },
  Queue: { Type: 'AWS::SQS::Queue', Properties: { QueueName: 'jobs', VisibilityTimeout: 4 } },
  OfQueue: mapping({ 'Fn::GetAtt': ['Queue', 'Arn'] }, {}),
  Table: {
    Type: 'AWS::DynamoDB::Table',
    Properties: {
      TableName: 'items',
      AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
      StreamSpecification: { StreamViewType: 'NEW_IMAGE' },
    },
  },
  OfTable: mapping({ 'Fn::GetAtt': ['Table', 'StreamArn'] }, { BatchSize: 1, MaximumRecordAgeInSeconds: 1 }),
  Asynchronous: {
    Type: 'AWS::Lambda::EventInvokeConfig',
    Properties: { FunctionName: { Ref: 'Function' }, Qualifier: '$LATEST', MaximumEventAgeInSeconds: 1 },
  },
};

it('a function without a debugger times out', async () => {
  await using cloud = await startSmallCloud({
    resources: functionResources('hangs', 'hangs', { Timeout: 1 }),
    code: { hangs: 'export const handler = () => new Promise(() => {});' },
  });
  expect(await cloud.invoke('hangs', {})).toMatchObject({ errorMessage: 'Task timed out after 1.00 seconds' });
});

describe('a function that a debugger has paused', () => {
  let cloud: Cloud;
  const listener = () => cloud.functions.get('listener') as LambdaFunction;
  beforeAll(async () => {
    open(0, '127.0.0.1');
    cloud = await startSmallCloud({ resources, code: { listener: HANDLER } });
  });
  afterAll(async () => {
    await cloud.stop();
    close();
  });

  it('still responds to API requests', async () => {
    const debugging = await attachDebugger(url() ?? '');
    const answer = cloud.request('GET', '/things');
    const paused = await debugging.paused();
    await waitUntilPassed(cloud.sqs, 2);
    paused.resume();
    expect(await answer).toMatchObject({ status: 200, body: {} });
  });

  it('keeps its messages hidden', async () => {
    const debugging = await attachDebugger(url() ?? '');
    const QueueUrl = `${cloud.endpointUrl}/000000000000/jobs`;
    await cloud.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'once' }));
    const paused = await debugging.paused();
    await waitUntilPassed(cloud.sqs, 6);
    paused.resume();
    await cloud.settled();
    expect(debugging.pauses()).toBe(1);
    expect(loggedEvents(cloud).filter(({ Records: [record] = [] }) => record?.body === 'once')).toHaveLength(1);
  });

  it('gets records that are written to a table meanwhile', async () => {
    const debugging = await attachDebugger(url() ?? '');
    const put = (id: string) =>
      cloud.dynamodb.send(new PutItemCommand({ TableName: 'items', Item: { id: { S: id } } }));
    await put('first');
    const paused = await debugging.paused();
    await put('second');
    await waitUntilPassed(cloud.sqs, 2);
    paused.resume();
    (await debugging.paused()).resume();
    await cloud.settled();
    const written = loggedEvents(cloud).flatMap(({ Records: [record] = [] }) => record?.dynamodb?.Keys.id.S ?? []);
    expect(written).toEqual(['first', 'second']);
  });

  it('gets a failed event again', async () => {
    const debugging = await attachDebugger(url() ?? '');
    const { asynchronous } = listener();
    const tried = asynchronous.run('{"fails":true}');
    onTestFinished(async () => {
      await asynchronous.stop();
      await tried;
    });
    const paused = await debugging.paused();
    await waitUntilPassed(cloud.sqs, 2);
    paused.resume();
    await expect.poll(asynchronous.held, { timeout: 30_000 }).toBe(1);
  });

  it('is resumed by the next deployment, even if the deployment fails', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'rollcall-debugged-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const debugging = await attachDebugger(url() ?? '');
    const [code, broken] = [{ listener: HANDLER }, { Of: { Type: 'AWS::Unknown::Thing' } }];
    const paused = async () => {
      const answer = cloud.request('GET', '/things');
      return { ...(await debugging.paused()), answer };
    };
    const first = await paused();
    await expect(cloud.redeploy(writeAssembly(join(folder, 'broken'), { resources: broken, code }))).rejects.toThrow();
    expect(await first.answer).toMatchObject({ status: 200 });
    const again = writeAssembly(join(folder, 'again'), { resources, code });
    await cloud.redeploy(again);
    const second = await paused();
    let answered = false;
    void second.answer.then(() => {
      answered = true;
    });
    await waitUntilPassed(cloud.sqs, 1);
    // The previous deployments do not resume a function that was paused after them.
    expect(answered).toBe(false);
    await cloud.redeploy(again);
    expect(await second.answer).toMatchObject({ status: 200 });
  });

  it('has no time limit for initialization', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'rollcall-debugged-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const module = join(folder, 'index.mjs');
    writeFileSync(module, "debugger; export const handler = async () => 'initialized';");
    const debugging = await attachDebugger(url() ?? '');
    const instance = new Instance({ ...listener().settings, handler: { module, path: 'handler' } }, () => {}, 1_000);
    onTestFinished(() => instance.terminate());
    const paused = await debugging.paused();
    await waitUntilPassed(cloud.sqs, 2);
    paused.resume();
    expect(await instance.invoke('request', '{}')).toMatchObject({ ok: true, payload: '"initialized"' });
  });
});
