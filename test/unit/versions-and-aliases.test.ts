import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { PublishCommand } from '@aws-sdk/client-sns';
import { SendMessageBatchCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { listener, loggedEvents, mayInvoke } from '../support/listening.ts';
import { functionResources, type SmallCloud, startSmallCloud } from '../support/small-cloud.ts';

type Resources = NonNullable<SmallCloud['resources']>;

const Version = { Type: 'AWS::Lambda::Version', Properties: { FunctionName: { Ref: 'Function' } } };
const Live = {
  Type: 'AWS::Lambda::Alias',
  Properties: {
    FunctionName: { Ref: 'Function' },
    FunctionVersion: { 'Fn::GetAtt': ['Version', 'Version'] },
    Name: 'live',
  },
};

/** A function with a version and an alias, and further resources. */
const appWith = (more: Resources): SmallCloud => ({
  code: listener.code,
  resources: { ...listener.resources, Version, Live, ...more },
});

async function cloudWith(more: Resources = {}) {
  const cloud = await startSmallCloud(appWith(more));
  onTestFinished(cloud.stop);
  return cloud;
}

const refusal = (more: Resources) =>
  startSmallCloud(appWith(more)).then(({ stop }) => stop().then(() => 'none'), String);

/** Allows a service to invoke the given alias or function. */
const permission = (service: string, source: unknown, FunctionName: object) => ({
  ...mayInvoke(service, source),
  Properties: { ...mayInvoke(service, source).Properties, FunctionName },
});
const mayUseQueues = {
  Type: 'AWS::IAM::Policy',
  Properties: {
    Roles: [{ Ref: 'Role' }],
    PolicyDocument: { Statement: { Effect: 'Allow', Action: 'sqs:*', Resource: '*' } },
  },
};
const theFunction = { 'Fn::GetAtt': ['Function', 'Arn'] };
const theAlias = { Ref: 'Live' };

describe('Invoke', () => {
  it('finds a function by its version and its alias, and refuses an unknown version', async () => {
    const cloud = await cloudWith();
    const client = new LambdaClient({
      ...{ endpoint: cloud.endpointUrl, region: 'us-east-1' },
      credentials: { accessKeyId: 'another', secretAccessKey: 'team' },
    });
    onTestFinished(() => client.destroy());
    const executed = async (FunctionName: string, Qualifier?: string) =>
      (await client.send(new InvokeCommand({ FunctionName, Qualifier, Payload: '{}' }))).ExecutedVersion;
    expect(await executed('listener', 'live')).toBe('1');
    expect(await executed('listener:1')).toBe('1');
    expect(await executed('arn:aws:lambda:us-east-1:000000000000:function:listener:live')).toBe('1');
    expect(await executed('listener')).toBe('$LATEST');
    await expect(executed('listener', '2')).rejects.toThrow('listener:2. There are: $LATEST, 1, live.');
  });
});

describe('an API', () => {
  const api = (FunctionName: object): Resources => ({
    Api: { Type: 'AWS::ApiGatewayV2::Api', Properties: { Name: 'api', ProtocolType: 'HTTP' } },
    Stage: {
      Type: 'AWS::ApiGatewayV2::Stage',
      Properties: { ApiId: { Ref: 'Api' }, StageName: '$default', AutoDeploy: true },
    },
    Integration: {
      Type: 'AWS::ApiGatewayV2::Integration',
      Properties: {
        ...{ ApiId: { Ref: 'Api' }, IntegrationType: 'AWS_PROXY', PayloadFormatVersion: '2.0' },
        IntegrationUri: theAlias,
      },
    },
    Route: {
      Type: 'AWS::ApiGatewayV2::Route',
      Properties: {
        ...{ ApiId: { Ref: 'Api' }, RouteKey: 'GET /hello' },
        Target: { 'Fn::Join': ['/', ['integrations', { Ref: 'Integration' }]] },
      },
    },
    MayCall: permission(
      'apigateway.amazonaws.com',
      { 'Fn::Sub': 'arn:aws:execute-api:us-east-1:000000000000:${Api}/*/*/hello' },
      FunctionName,
    ),
  });

  it('invokes an alias', async () => {
    const cloud = await cloudWith(api(theAlias));
    expect(await (await fetch(`${cloud.apiUrl}/hello`)).json()).toEqual({ heard: true });
  });

  it('may not invoke an alias with a permission for only the function', async () => {
    expect(await refusal(api(theFunction))).toContain(
      'route GET /hello: apigateway.amazonaws.com is not allowed to do lambda:InvokeFunction on arn:aws:lambda:us-east-1:000000000000:function:listener:live',
    );
  });
});

describe('an event source', () => {
  it('that is a queue invokes an alias', async () => {
    const cloud = await cloudWith({
      Queue: { Type: 'AWS::SQS::Queue', Properties: { QueueName: 'jobs' } },
      Policy: mayUseQueues,
      Mapping: {
        Type: 'AWS::Lambda::EventSourceMapping',
        Properties: { EventSourceArn: { 'Fn::GetAtt': ['Queue', 'Arn'] }, FunctionName: theAlias },
      },
    });
    const QueueUrl = `${cloud.endpointUrl}/000000000000/jobs`;
    await cloud.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'for live' }));
    await cloud.settled();
    expect(loggedEvents(cloud).map(({ Records }) => Records[0].body)).toEqual(['for live']);
  });

  const topic = (FunctionName: object): Resources => ({
    Topic: { Type: 'AWS::SNS::Topic', Properties: { TopicName: 'news' } },
    Subscription: {
      Type: 'AWS::SNS::Subscription',
      Properties: { TopicArn: { Ref: 'Topic' }, Protocol: 'lambda', Endpoint: theAlias },
    },
    MayTell: permission('sns.amazonaws.com', { Ref: 'Topic' }, FunctionName),
  });

  it('that is a topic invokes an alias with a permission for the alias', async () => {
    const cloud = await cloudWith(topic(theAlias));
    const TopicArn = 'arn:aws:sns:us-east-1:000000000000:news';
    await cloud.sns.send(new PublishCommand({ TopicArn, Message: 'to live' }));
    await cloud.settled();
    expect(loggedEvents(cloud).map(({ Records }) => Records[0].Sns.Message)).toEqual(['to live']);
    expect(await refusal(topic(theFunction))).toContain('is not allowed to do lambda:InvokeFunction');
  });

  const rule = (FunctionName: object): Resources => ({
    Rule: {
      Type: 'AWS::Events::Rule',
      Properties: { EventPattern: { source: ['shop'] }, Targets: [{ Arn: theAlias, Id: 'live' }] },
    },
    MayRun: permission('events.amazonaws.com', { 'Fn::GetAtt': ['Rule', 'Arn'] }, FunctionName),
    Config: {
      Type: 'AWS::Lambda::EventInvokeConfig',
      Properties: { FunctionName: { Ref: 'Function' }, Qualifier: 'live', MaximumRetryAttempts: 0 },
    },
  });

  it('that is a rule invokes an alias with a permission for the alias', async () => {
    const cloud = await cloudWith(rule(theAlias));
    const headers = { 'x-amz-target': 'AWSEvents.PutEvents', 'content-type': 'application/x-amz-json-1.1' };
    const body = JSON.stringify({ Entries: [{ Source: 'shop', DetailType: 'placed', Detail: '{}' }] });
    await fetch(cloud.endpointUrl, { method: 'POST', headers, body });
    await expect.poll(() => loggedEvents(cloud).length, { timeout: 30_000 }).toBe(1);
    expect(await refusal(rule(theFunction))).toContain('rule Rule: events.amazonaws.com is not allowed to do');
  });
});

/**
 * The code of a function that logs each processed message with its time and instance. The first receive of every fifth
 * message of a group fails, together with later messages of the group in the batch. Failed messages become visible again at
 * once. Neither of the two instances processes messages before both have started.
 */
const workerOf = (begins: string) => `import { randomUUID } from 'node:crypto';
import { ChangeMessageVisibilityCommand, SQSClient } from '@aws-sdk/client-sqs';
const sqs = new SQSClient();
const QueueUrl = process.env.AWS_ENDPOINT_URL + '/000000000000/jobs.fifo';
const instance = randomUUID();
const begun = fetch('${begins}');
export const handler = async ({ Records }) => {
  await begun;
  const stuck = new Set();
  const batchItemFailures = [];
  for (const { messageId, receiptHandle: ReceiptHandle, body, attributes } of Records) {
    const { MessageGroupId: group, ApproximateReceiveCount: receives } = attributes;
    if (receives === '1' && Number(body) % 5 === 4) stuck.add(group);
    if (stuck.has(group)) {
      batchItemFailures.push({ itemIdentifier: messageId });
      await sqs.send(new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle, VisibilityTimeout: 0 }));
    } else console.log('DONE ' + JSON.stringify({ group, number: Number(body), instance, at: String(process.hrtime.bigint()) }));
  }
  return { batchItemFailures };
};`;

interface Done {
  group: string;
  number: number;
  instance: string;
  at: string;
}

/** @returns a URL that responds when it has received two requests */
async function bothBegin(): Promise<string> {
  const waiting: ServerResponse[] = [];
  const server = createServer((_, response) => {
    waiting.push(response);
    if (waiting.length === 2) for (const one of waiting) one.end();
  }).listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

describe('a FIFO queue of an alias', () => {
  it('keeps the order within each group, and redelivers each message until it is processed, on any instance', async () => {
    const begins = await bothBegin();
    const cloud = await startSmallCloud({
      code: { worker: workerOf(begins) },
      resources: {
        ...functionResources('worker', 'worker', { Timeout: 60 }),
        Version,
        Live,
        Queue: {
          Type: 'AWS::SQS::Queue',
          Properties: { QueueName: 'jobs.fifo', FifoQueue: true, VisibilityTimeout: 360 },
        },
        Policy: mayUseQueues,
        Mapping: {
          Type: 'AWS::Lambda::EventSourceMapping',
          Properties: {
            ...{ EventSourceArn: { 'Fn::GetAtt': ['Queue', 'Arn'] }, FunctionName: theAlias },
            FunctionResponseTypes: ['ReportBatchItemFailures'],
          },
        },
      },
    });
    onTestFinished(cloud.stop);
    const QueueUrl = `${cloud.endpointUrl}/000000000000/jobs.fifo`;
    const upTo = (length: number) => Array.from({ length }, (_, index) => index);
    // There are more messages than fit into one batch.
    const [groups, numbers] = [upTo(20).map((group) => `g${group}`), upTo(20)];
    const ofGroup = (MessageGroupId: string, number: number) => ({
      ...{ Id: MessageGroupId, MessageBody: String(number), MessageGroupId },
      MessageDeduplicationId: `${MessageGroupId}-${number}`,
    });
    for (const number of numbers)
      for (const some of [groups.slice(0, 10), groups.slice(10)]) {
        const Entries = some.map((group) => ofGroup(group, number));
        await cloud.sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries }));
      }
    await cloud.settled();
    const done = cloud
      .logs('worker')
      .flatMap((line) => (line.startsWith('DONE ') ? [JSON.parse(line.slice('DONE '.length)) as Done] : []))
      .toSorted((a, b) => Number(BigInt(a.at) - BigInt(b.at)));
    expect(new Set(done.map(({ instance }) => instance)).size).toBe(2);
    for (const group of groups)
      expect(
        done.flatMap((one) => (one.group === group ? [one.number] : [])),
        group,
      ).toEqual(numbers);
  });
});

describe('an unsupported use of versions', () => {
  const alias = (more: object) => ({ ...Live, Properties: { ...Live.Properties, ...more } });

  it.each<[string, Resources]>([
    [
      'does not support RoutingConfig of AWS::Lambda::Alias, which Other has',
      {
        Other: alias({
          Name: 'other',
          RoutingConfig: { AdditionalVersionWeights: [{ FunctionVersion: '2', FunctionWeight: 0.1 }] },
        }),
      },
    ],
    [
      'listener has no version or alias 8; it has $LATEST, 1, live',
      {
        Config: {
          Type: 'AWS::Lambda::EventInvokeConfig',
          Properties: { FunctionName: { Ref: 'Function' }, Qualifier: '8' },
        },
      },
    ],
    ['listener has no version 7', { Other: alias({ Name: 'other', FunctionVersion: '7' }) }],
    ['an alias cannot be called 7', { Other: alias({ Name: '7' }) }],
    ['listener has two aliases live', { Other: alias({}) }],
    [
      'listener has several configurations of asynchronous invocations (One, Two)',
      Object.fromEntries(
        ['One', 'Two'].map((id, index) => [
          id,
          {
            Type: 'AWS::Lambda::EventInvokeConfig',
            Properties: { FunctionName: { Ref: 'Function' }, Qualifier: index === 0 ? '$LATEST' : '1' },
          },
        ]),
      ),
    ],
  ])('is refused with the reason: %s', async (complaint, more) => {
    expect(await refusal(more)).toContain(complaint);
  });
});
