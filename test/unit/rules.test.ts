import { ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import type { Cloud } from '@rollcall/local/internal/cloud';
import type { BusEvent } from '@rollcall/local/internal/services/event-buses';
import { inputOf } from '@rollcall/local/internal/services/target-input';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { functionArn, listener, loggedEvents, mayInvoke, maySend } from '../support/listening.ts';
import { functionResources, startSmallCloud } from '../support/small-cloud.ts';

const rule = (EventPattern: object, Target: object, more: object = {}) => ({
  Type: 'AWS::Events::Rule',
  Properties: { EventPattern, Targets: [{ Id: 'Target0', ...Target }], ...more },
});

const arnOf = (logicalId: string) => ({ 'Fn::GetAtt': [logicalId, 'Arn'] });
const mayInvokeBy = (logicalId: string) => mayInvoke('events.amazonaws.com', arnOf(logicalId));
const toFunction = { Arn: functionArn };
const toQueue = { Arn: arnOf('Queue') };

const resources = {
  ...listener.resources,
  Queue: { Type: 'AWS::SQS::Queue', Properties: { QueueName: 'jobs' } },
  Fifo: {
    Type: 'AWS::SQS::Queue',
    Properties: { QueueName: 'jobs.fifo', FifoQueue: true, ContentBasedDeduplication: true },
  },
  MaySend: maySend('events.amazonaws.com'),
  MaySendFifo: maySend('events.amazonaws.com', 'Fifo'),
  Topic: { Type: 'AWS::SNS::Topic', Properties: { TopicName: 'news' } },
  MayPublish: {
    Type: 'AWS::SNS::TopicPolicy',
    Properties: {
      Topics: [{ Ref: 'Topic' }],
      PolicyDocument: {
        Statement: {
          Effect: 'Allow',
          Principal: { Service: 'events.amazonaws.com' },
          Action: 'sns:Publish',
          Resource: { Ref: 'Topic' },
        },
      },
    },
  },
  Subscription: {
    Type: 'AWS::SNS::Subscription',
    Properties: { TopicArn: { Ref: 'Topic' }, Protocol: 'sqs', Endpoint: arnOf('OfTopic'), RawMessageDelivery: true },
  },
  OfTopic: { Type: 'AWS::SQS::Queue', Properties: { QueueName: 'of-topic' } },
  MaySendOfTopic: maySend('sns.amazonaws.com', 'OfTopic'),
  Bus: { Type: 'AWS::Events::EventBus', Properties: { Name: 'shop' } },
  Placed: rule({ source: ['shop'], detail: { total: [{ numeric: ['>', 10] }] } }, toFunction),
  MayInvokePlaced: mayInvokeBy('Placed'),
  Disabled: rule({ source: ['shop'] }, toFunction, { State: 'DISABLED' }),
  OnBus: rule({ 'detail-type': ['placed'] }, toQueue, { EventBusName: { Ref: 'Bus' } }),
  ToFifo: rule({ 'detail-type': ['grouped'] }, { Arn: arnOf('Fifo'), SqsParameters: { MessageGroupId: 'g' } }),
  ToTopic: rule({ 'detail-type': ['notified'] }, { Arn: { Ref: 'Topic' }, InputPath: '$.detail' }),
  Forward: rule({ source: ['far'] }, { Arn: arnOf('Bus'), RoleArn: arnOf('ForwardRole') }),
  ForwardRole: {
    Type: 'AWS::IAM::Role',
    Properties: {
      AssumeRolePolicyDocument: {
        Statement: { Effect: 'Allow', Principal: { Service: 'events.amazonaws.com' }, Action: 'sts:AssumeRole' },
      },
      Policies: [
        { PolicyDocument: { Statement: { Effect: 'Allow', Action: 'events:PutEvents', Resource: arnOf('Bus') } } },
      ],
    },
  },
};

interface PutAnswer {
  FailedEntryCount: number;
  Entries: Array<{ EventId?: string; ErrorCode?: string }>;
}

/** Puts events with the request that an SDK sends. */
async function putEvents(cloud: Cloud, ...Entries: object[]) {
  const headers = { 'x-amz-target': 'AWSEvents.PutEvents', 'content-type': 'application/x-amz-json-1.1' };
  const response = await fetch(cloud.endpointUrl, { method: 'POST', headers, body: JSON.stringify({ Entries }) });
  return { status: response.status, body: (await response.json()) as PutAnswer };
}

const entry = (DetailType: string, detail: object = {}, more: object = {}) => ({
  ...{ Source: 'shop', DetailType, Detail: JSON.stringify(detail) },
  ...more,
});

describe('EventBridge', () => {
  let cloud: Cloud;
  beforeAll(async () => {
    cloud = await startSmallCloud({ code: listener.code, resources });
  });
  afterAll(() => cloud.stop());

  async function bodyIn(name: string): Promise<string | undefined> {
    const QueueUrl = `${cloud.endpointUrl}/000000000000/${name}`;
    const { Messages = [] } = await cloud.sqs.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 0 }));
    return Messages[0]?.Body;
  }

  it('sends an event to the functions of the matching rules', async () => {
    const { status, body } = await putEvents(cloud, entry('placed', { total: 11 }), entry('placed', { total: 1 }));
    expect([status, body]).toEqual([200, { FailedEntryCount: 0, Entries: [expect.anything(), expect.anything()] }]);
    await expect.poll(() => loggedEvents(cloud), { timeout: 30_000 }).toHaveLength(1);
    expect(loggedEvents(cloud)[0]).toEqual({
      ...{
        version: '0',
        id: body.Entries[0]?.EventId,
        'detail-type': 'placed',
        source: 'shop',
        account: '000000000000',
      },
      ...{ time: expect.stringMatching(/^\S+:\d\dZ$/), region: 'us-east-1', resources: [], detail: { total: 11 } },
    });
  });

  it('separates buses, and sends events to queues before it responds', async () => {
    await putEvents(cloud, entry('placed'));
    expect(await bodyIn('jobs')).toBeUndefined();
    await putEvents(cloud, entry('placed', {}, { EventBusName: 'shop' }));
    expect(JSON.parse((await bodyIn('jobs')) ?? '')).toMatchObject({ 'detail-type': 'placed' });
  });

  it('sends events to FIFO queues with a message group, to topics, and to other buses', async () => {
    await putEvents(cloud, entry('grouped'), entry('notified', { a: 1 }), entry('placed', {}, { Source: 'far' }));
    expect(JSON.parse((await bodyIn('jobs.fifo')) ?? '')).toMatchObject({ 'detail-type': 'grouped' });
    expect(await bodyIn('of-topic')).toBe('{"a":1}');
    expect(JSON.parse((await bodyIn('jobs')) ?? '')).toMatchObject({ source: 'far' });
  });

  // https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html
  it('refuses only the invalid entries of a call, and refuses unsupported calls', async () => {
    const { body } = await putEvents(
      cloud,
      ...[{ Source: 'shop', DetailType: 'x' }, entry('x', {}, { Detail: '[1]' }), entry('x', {}, { Source: 'aws.s3' })],
      ...[entry('x', {}, { EventBusName: 'none' }), entry('x')],
    );
    expect(body.FailedEntryCount).toBe(4);
    expect(body.Entries.map(({ ErrorCode }) => ErrorCode)).toEqual([
      'InvalidArgument',
      'MalformedDetail',
      'NotAuthorizedForSource',
      'ResourceNotFoundException',
      undefined,
    ]);
    expect(await putEvents(cloud)).toMatchObject({ status: 400, body: { __type: 'ValidationException' } });
    const headers = { 'x-amz-target': 'AWSEvents.PutRule' };
    const { status } = await fetch(cloud.endpointUrl, { method: 'POST', headers, body: '{}' });
    expect(status).toBe(400);
  });
});

describe('a rule', () => {
  const starting = (more: Record<string, { Type: string }>) =>
    startSmallCloud({ code: listener.code, resources: { ...functionResources('listener', 'listener'), ...more } });

  it.each([
    [
      'that matches only events of AWS services',
      { R: rule({ source: ['aws.ec2'] }, toFunction), M: mayInvokeBy('R') },
      'no event in the embedded cloud matches the source ["aws.ec2"]',
    ],
    ['with an unsupported operator', { R: rule({ source: [{ regex: 'x' }] }, toFunction) }, 'operator regex'],
    [
      'with an unsupported target',
      { R: rule({ source: ['x'] }, { Arn: 'arn:aws:states:us-east-1:000000000000:stateMachine:x' }) },
      'only to functions, queues and topics, not to arn:aws:states',
    ],
    [
      'that may not invoke its target',
      { R: rule({ source: ['x'] }, toFunction) },
      'rule R: events.amazonaws.com is not allowed to do lambda:InvokeFunction',
    ],
    [
      'whose target does not exist',
      { R: rule({ source: ['x'] }, { Arn: 'arn:aws:sqs:us-east-1:000000000000:none' }) },
      'rule R: there is no arn:aws:sqs:us-east-1:000000000000:none',
    ],
    [
      'of a bus that does not exist',
      { R: rule({ source: ['x'] }, toFunction, { EventBusName: 'none' }), M: mayInvokeBy('R') },
      'rule R: there is no event bus none',
    ],
  ])('is refused %s', async (_, more, complaint) => {
    await expect(starting(more)).rejects.toThrow(complaint);
  });
});

// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html
describe('the input of a target', () => {
  const event = {
    ...{
      version: '0',
      id: 'e',
      'detail-type': 'placed',
      source: 'shop',
      account: 'a',
      time: 't',
      region: 'r',
      resources: [],
    },
    detail: { id: 'o"1', lines: [{ sku: 's' }], total: 3 },
  } satisfies BusEvent;
  const targetInput = (target: Parameters<typeof inputOf>[0]) =>
    inputOf(target, { arn: 'rule-arn', name: 'rule-name' })(event);
  const transformed = (InputTemplate: string) =>
    targetInput({
      InputTransformer: {
        InputPathsMap: {
          id: '$.detail.id',
          total: '$.detail.total',
          sku: '$.detail.lines[0].sku',
          lines: '$.detail.lines',
          none: '$.detail.none',
        },
        InputTemplate,
      },
    });

  it.each([
    ['a constant', { Input: '{"a":1}' }, '{"a":1}'],
    ['a part of the event', { InputPath: '$.detail.lines[0]' }, '{"sku":"s"}'],
    ['null for a missing part', { InputPath: '$.detail.none.more' }, 'null'],
  ])('is %s', (_, target, expected) => {
    expect(targetInput(target)).toBe(expected);
  });

  it.each([
    ['{"id":<id>,"total":<total>,"lines":<lines>}', { id: 'o"1', total: 3, lines: [{ sku: 's' }] }],
    ['{"text":"<id> of <sku>: <total>"}', { text: 'o"1 of s: 3' }],
    ['"<sku> <none>."', 's .'],
    ['{"rule":"<aws.events.rule-name>","arn":"<aws.events.rule-arn>"}', { rule: 'rule-name', arn: 'rule-arn' }],
    ['{"event":<aws.events.event>}', { event }],
    ['{"other":"<unknown>","quote":"\\"<sku>\\""}', { other: '<unknown>', quote: '"s"' }],
  ])('is transformed: %s', (template, expected) => {
    expect(JSON.parse(transformed(template))).toEqual(expected);
  });

  it('is refused with a path that EventBridge would refuse', () => {
    expect(() => targetInput({ InputPath: '$.detail[*].x' })).toThrow('$.detail[*].x is not a JSON path');
  });
});
