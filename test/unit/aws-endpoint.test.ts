import {
  ListSecretsCommand,
  type ListSecretsCommandInput,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { CreateQueueCommand } from '@aws-sdk/client-sqs';
import { PutCommand } from '@aws-sdk/lib-dynamodb';
import type { Cloud } from '@rollcall/local/internal/cloud';
import type { CallFault, Faults } from '@rollcall/local/internal/faults/faults';
import { permissionsFor } from '@rollcall/local/internal/iam/requests';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { functionResources, startSmallCloud } from '../support/small-cloud.ts';

const MINE = 'arn:aws:sqs:us-east-1:000000000000:mine';
const urlOf = ({ endpointUrl }: Cloud, queue: string) => `${endpointUrl}/000000000000/${queue}`;

const form = (fields: Record<string, string>) => ({
  method: 'POST',
  headers: { 'content-type': 'application/x-www-form-urlencoded' },
  body: new URLSearchParams(fields),
});

async function makeQueue(cloud: Cloud, QueueName: string): Promise<string> {
  await cloud.sqs.send(new CreateQueueCommand({ QueueName }));
  return urlOf(cloud, QueueName);
}

/** Faults that break every call to SQS. */
const always = (fault: CallFault): Faults => ({
  call: (service) => (service === 'sqs' ? fault : undefined),
  death: () => undefined,
  happened: () => {},
  answered: () => {},
});

describe('a call to SQS in the Query protocol', () => {
  it('is authorized, counted and recorded like a call in the JSON protocol', async () => {
    await using cloud = await startSmallCloud();
    const url = await makeQueue(cloud, 'mine');
    const byRole = (name: string, fields: Record<string, string>) => {
      const { accessKeyId } = cloud.access.credentialsOf(`arn:aws:iam::000000000000:role/${name}`, name);
      const authorization = `AWS4-HMAC-SHA256 Credential=${accessKeyId}/20261130/us-east-1/sqs/aws4_request`;
      const request = form(fields);
      return { ...request, headers: { ...request.headers, authorization } };
    };
    const sending = { Effect: 'Allow', Action: 'sqs:SendMessage', Resource: MINE } as const;
    cloud.access.addRole('arn:aws:iam::000000000000:role/stranger', 'stranger', { Statement: [] });
    cloud.access.addRole('arn:aws:iam::000000000000:role/sender', 'sender', { Statement: [] });
    cloud.access.attach('sender', { Statement: sending });
    const refused = await fetch(url, byRole('stranger', { Action: 'SendMessage', MessageBody: 'no' }));
    expect([refused.status, await refused.text()]).toEqual([
      403,
      expect.stringContaining(`is not authorized to perform: sqs:SendMessage on resource: ${MINE}`),
    ]);
    const inForm = { Action: 'SendMessage', QueueUrl: url, MessageBody: 'x' };
    expect((await fetch(cloud.endpointUrl, byRole('sender', inForm))).status).toBe(200);
    expect(cloud.published()).toMatchObject([{ channel: 'mine', body: 'x' }]);
    const about = await fetch(`${cloud.endpointUrl}/_rollcall`);
    expect(await about.json()).toMatchObject({ calls: { 'sqs:SendMessage': 1 } });
    // The receiver gets the ID of the sender.
    const received = await fetch(url, form({ Action: 'ReceiveMessage', 'AttributeName.1': 'SenderId' }));
    expect(await received.text()).toMatch(/<Value>AROA[0-9A-F]+:sender<\/Value>/);
  });

  it('fails like a call in the JSON protocol', async () => {
    await using cloud = await startSmallCloud({}, { faults: always({ kind: 'throttled' }) });
    const throttled = await fetch(urlOf(cloud, 'mine'), form({ Action: 'SendMessage', MessageBody: 'x' }));
    expect([throttled.status, await throttled.text()]).toEqual([
      400,
      expect.stringContaining('<Code>ThrottlingException</Code>'),
    ]);
  });

  it('can succeed for part of a batch', async () => {
    await using cloud = await startSmallCloud({}, { faults: always({ kind: 'partly done' }) });
    const url = await makeQueue(cloud, 'mine');
    const entries = ['a', 'b'].flatMap((id, index) => [
      [`SendMessageBatchRequestEntry.${index + 1}.Id`, id],
      [`SendMessageBatchRequestEntry.${index + 1}.MessageBody`, id],
    ]);
    const sent = await fetch(url, form({ Action: 'SendMessageBatch', ...Object.fromEntries(entries) }));
    expect(await sent.text()).toMatch(/ResultEntry><Id>a<.*<BatchResultErrorEntry><Id>b</s);
    expect(cloud.published().map(({ body }) => body)).toEqual(['a']);
  });
});

describe('a request in chunked encoding', () => {
  // fetch uses chunked encoding for a body of unknown length.
  const inChunks = (url: string, method: string, headers: Record<string, string>, body: string) =>
    fetch(url, { method, headers, body: new Blob([body]).stream(), duplex: 'half' } as RequestInit);

  it('is handled like a request with a content length', async () => {
    await using cloud = await startSmallCloud();
    const QueueUrl = await makeQueue(cloud, 'mine');
    const json = { 'x-amz-target': 'AmazonSQS.SendMessage', 'content-type': 'application/x-amz-json-1.0' };
    const sent = await inChunks(cloud.endpointUrl, 'POST', json, JSON.stringify({ QueueUrl, MessageBody: 'x' }));
    expect([sent.status, await sent.json()]).toEqual([200, expect.objectContaining({ MessageId: expect.any(String) })]);
    const { headers } = form({});
    const response = await inChunks(cloud.endpointUrl, 'POST', headers, 'Action=ListTopics&Version=2010-03-31');
    expect(response.status).toBe(200);
    const authorization = 'AWS4-HMAC-SHA256 Credential=local/20261130/us-east-1/s3/aws4_request';
    await fetch(`${cloud.endpointUrl}/bucket`, { method: 'PUT', headers: { authorization } });
    const object = `${cloud.endpointUrl}/bucket/key`;
    expect((await inChunks(object, 'PUT', { authorization }, 'content')).status).toBe(200);
    expect(await (await fetch(object, { headers: { authorization } })).text()).toBe('content');
  });
});

describe('a request whose body is not a JSON object', () => {
  it.each(['AmazonSQS.SendMessage', 'secretsmanager.GetSecretValue', 'DynamoDB_20120810.GetItem'])(
    'is refused with a client error, which SDKs do not retry: %s',
    async (target) => {
      await using cloud = await startSmallCloud();
      cloud.access.addRole('arn:aws:iam::000000000000:role/some', 'some', { Statement: [] });
      const { accessKeyId } = cloud.access.credentialsOf('arn:aws:iam::000000000000:role/some', 'some');
      for (const body of ['{"QueueUrl":', 'null', '[]'])
        for (const key of ['local', accessKeyId]) {
          const authorization = `AWS4-HMAC-SHA256 Credential=${key}/20261130/us-east-1/any/aws4_request`;
          const headers = { authorization, 'x-amz-target': target, 'content-type': 'application/x-amz-json-1.0' };
          const answer = await fetch(cloud.endpointUrl, { method: 'POST', headers, body });
          expect([key, body, Math.floor(answer.status / 100)]).toEqual([key, body, 4]);
        }
    },
  );
});

describe('an unsupported request', () => {
  let cloud: Cloud;
  beforeAll(async () => {
    cloud = await startSmallCloud();
  });
  afterAll(() => cloud.stop());

  const json = (target: string) => ({
    method: 'POST',
    headers: { 'x-amz-target': target, 'content-type': 'application/x-amz-json-1.0' },
    body: '{}',
  });

  it.each<[string, string, RequestInit, string]>([
    ['an action', '/', form({ Action: 'Nonsense' }), 'Nonsense'],
    [
      'an action of another service',
      '/',
      form({ Action: 'Publish', Version: '2010-05-08' }),
      'Publish of version 2010',
    ],
    ['an action at the URL of a queue', '/000000000000/mine', form({ Action: 'Nonsense' }), 'Nonsense'],
    ['an unsigned request for an object', '/bucket/key', { method: 'PUT', body: 'x' }, 'PUT /bucket/key'],
    ['an unsigned request for a path', '/bucket', {}, 'GET /bucket'],
    ['the functions', '/2015-03-31/functions/', {}, 'GET /2015-03-31/functions/'],
    ['an operation of DynamoDB', '/', json('DynamoDB_20120810.Nonsense'), 'UnknownOperationException'],
    ['an operation of streams', '/', json('DynamoDBStreams_20120810.Nonsense'), 'UnknownOperationException'],
    ['an operation of SQS', '/', json('AmazonSQS.Nonsense'), 'Nonsense'],
    ['an operation of Secrets Manager', '/', json('secretsmanager.Nonsense'), 'Nonsense'],
    ['an operation of another service', '/', json('Logs_20140328.PutLogEvents'), 'Logs_20140328.PutLogEvents'],
  ])('is refused with status 400 and the reason: %s', async (_, path, request, name) => {
    const answer = await fetch(`${cloud.endpointUrl}${path}`, request);
    expect([answer.status, await answer.text()]).toEqual([400, expect.stringContaining(name)]);
  });

  it('is refused with an error in the protocol of the request', async () => {
    const other = await fetch(cloud.endpointUrl, form({ Action: 'ListUsers', Version: '2010-05-08' }));
    expect(await other.text()).toMatch(/^<ErrorResponse><Error>.*<Code>InvalidAction</);
  });
});

// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-configure-dead-letter-queue-redrive.html
describe('a task that moves dead letters', () => {
  const handle = btoa(JSON.stringify({ taskId: '1', sourceArn: `${MINE}-dead` }));
  it.each([
    ['StartMessageMoveTask', { SourceArn: `${MINE}-dead`, DestinationArn: MINE }, ['sqs:SendMessage on mine']],
    ['StartMessageMoveTask', { SourceArn: `${MINE}-dead` }, []],
    ['CancelMessageMoveTask', { TaskHandle: handle }, []],
    ['ListMessageMoveTasks', { SourceArn: `${MINE}-dead` }, []],
  ])('needs permission for each action on its queues: %s of %j', (operation, request, more) => {
    const place = { region: 'us-east-1', accountId: '000000000000' };
    const required = permissionsFor('sqs', operation, JSON.stringify(request), place);
    const actions = [operation, 'ReceiveMessage', 'DeleteMessage', 'GetQueueAttributes'];
    expect(required.map(({ action, resource }) => `${action} on ${resource.split(':').at(-1)}`)).toEqual([
      ...actions.map((action) => `sqs:${action} on mine-dead`),
      ...more,
    ]);
  });
});

// https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_ListSecrets.html
describe('the secrets', () => {
  const secret = (Name: string) => ({ Type: 'AWS::SecretsManager::Secret', Properties: { Name } });
  const resources = { A: secret('shop/a'), B: secret('shop/b'), C: secret('other') };
  const arnOf = (name: string) => `arn:aws:secretsmanager:us-east-1:000000000000:secret:${name}`;

  it('are listed in pages and by name prefix, without their values', async () => {
    await using cloud = await startSmallCloud({ resources });
    const client = new SecretsManagerClient(cloud.config);
    const list = (input: ListSecretsCommandInput) => client.send(new ListSecretsCommand(input));
    const { SecretList = [] } = await list({});
    expect(SecretList.map(({ ARN, Name }) => [ARN, Name])).toEqual(
      ['other', 'shop/a', 'shop/b'].map((name) => [arnOf(name), name]),
    );
    expect(Object.keys(SecretList[0] ?? {})).not.toContain('SecretString');
    const Filters = [{ Key: 'name' as const, Values: ['shop/'] }];
    const first = await list({ Filters, MaxResults: 1 });
    const second = await list({ Filters, MaxResults: 1, NextToken: first.NextToken });
    const names = [first, second].map((page) => page.SecretList?.map(({ Name }) => Name));
    expect([names, second.NextToken]).toEqual([[['shop/a'], ['shop/b']], undefined]);
    await expect(list({ Filters: [{ Key: 'tag-key', Values: ['x'] }] })).rejects.toThrow('not by tag-key');
    // A permission contains the ARN of a secret, even if the request contains the name of the secret.
    const required = (operation: string, body: object) =>
      permissionsFor('secretsmanager', operation, JSON.stringify(body), {
        region: 'us-east-1',
        accountId: '000000000000',
      });
    expect(required('GetSecretValue', { SecretId: 'shop/a' })).toMatchObject([{ resource: arnOf('shop/a') }]);
    expect(required('ListSecrets', {})).toMatchObject([{ action: 'secretsmanager:ListSecrets', resource: '*' }]);
  });
});

describe('the stream of a table', () => {
  it('names the region of the stack in its records', async () => {
    const resources = {
      ...functionResources('reader', 'reader'),
      Grant: {
        Type: 'AWS::IAM::Policy',
        Properties: {
          Roles: [{ Ref: 'Role' }],
          PolicyDocument: { Statement: { Effect: 'Allow', Action: 'dynamodb:*', Resource: '*' } },
        },
      },
      Table: {
        Type: 'AWS::DynamoDB::Table',
        Properties: {
          TableName: 'items',
          AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
          KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
          StreamSpecification: { StreamViewType: 'NEW_IMAGE' },
        },
      },
      Mapping: {
        Type: 'AWS::Lambda::EventSourceMapping',
        Properties: {
          EventSourceArn: { 'Fn::GetAtt': ['Table', 'StreamArn'] },
          FunctionName: { Ref: 'Function' },
          StartingPosition: 'TRIM_HORIZON',
        },
      },
    };
    const reader = `export const handler = async ({ Records: [one] }) =>
      console.log('read', one.eventSourceARN, one.awsRegion, one.dynamodb.Keys.pk.S);`;
    await using cloud = await startSmallCloud({ resources, code: { reader } });
    await cloud.dynamodb.send(new PutCommand({ TableName: 'items', Item: { pk: 'x' } }));
    const line = await vi.waitUntil(() => cloud.logs('reader').find((one) => one.startsWith('read ')), {
      timeout: 60_000,
    });
    expect(line).toMatch(/^read arn:aws:dynamodb:us-east-1:000000000000:table\/items\/stream\/\S+ us-east-1 x$/);
  });
});
