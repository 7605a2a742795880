import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import { AsynchronousInvocations } from '@rollcall/local/internal/lambda/asynchronous';
import { checkProperties } from '@rollcall/local/internal/resources/properties';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { LISTENER, loggedEvents } from '../support/listening.ts';
import { functionResources, startSmallCloud } from '../support/small-cloud.ts';

const failed = { ok: false, payload: JSON.stringify({ errorType: 'Error', errorMessage: 'no' }) };
const fine = { ok: true, payload: '{"done":true}' };

// https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
describe('an asynchronous invocation', () => {
  afterEach(() => void vi.useRealTimers());

  /**
   * The invocations of a function that returns these results in turn, and repeats the last one. `at`: the times of its
   * runs in seconds.
   */
  function invocations(...answers: Array<typeof failed>) {
    const at: number[] = [];
    const start = Date.now();
    const invoke = async () => {
      at.push((Date.now() - start) / 1000);
      return answers[at.length - 1] ?? (answers.at(-1) as typeof failed);
    };
    return { at, events: new AsynchronousInvocations({ settings: { name: 'f', arn: 'arn:f' }, invoke }) };
  }

  it('that fails is retried after one minute and again two minutes later; its event then moves to the dead-letter queue', async () => {
    vi.useFakeTimers();
    const { at, events } = invocations(failed);
    const deadLetters: unknown[] = [];
    events.configure({ deadLetters: async (message, attributes) => void deadLetters.push(message, attributes) });
    const run = events.run('{"a":1}');
    await vi.advanceTimersByTimeAsync(600_000);
    expect(await run).toBe(true);
    expect(at).toEqual([0, 60, 180]);
    expect(deadLetters).toEqual(['{"a":1}', { RequestID: expect.any(String), ErrorCode: '200', ErrorMessage: 'no' }]);
  });

  it('is reported to destinations, with its outcome', async () => {
    const records: Record<string, unknown[]> = { success: [], failure: [] };
    const destinations = {
      onSuccess: async (record: string) => void records.success?.push(JSON.parse(record)),
      onFailure: async (record: string) => void records.failure?.push(JSON.parse(record)),
    };
    for (const answer of [fine, failed]) {
      const { events } = invocations(answer);
      events.configure({ maximumRetryAttempts: 0, ...destinations });
      await events.run('{"a":1}');
    }
    const common = { version: '1.0', requestPayload: { a: 1 } };
    expect(records.success).toMatchObject([
      {
        ...common,
        requestContext: { functionArn: 'arn:f:$LATEST', condition: 'Success', approximateInvokeCount: 1 },
        responsePayload: { done: true },
      },
    ]);
    expect(records.failure).toMatchObject([
      {
        ...common,
        requestContext: { condition: 'RetriesExhausted', approximateInvokeCount: 1 },
        ...{
          responseContext: { statusCode: 200, functionError: 'Unhandled' },
          responsePayload: { errorMessage: 'no' },
        },
      },
    ]);
  });

  it('is discarded when it is too old', async () => {
    const { at, events } = invocations(failed);
    const records: string[] = [];
    events.configure({
      maximumEventAgeMs: 59_000,
      onFailure: async (record) => void records.push(JSON.parse(record).requestContext.condition),
    });
    await events.run('{}');
    expect([at.length, records]).toEqual([1, ['EventAgeExceeded']]);
  });

  it('stays with its sender if the function stops before the retry', async () => {
    const { events } = invocations(failed);
    const run = events.run('{}');
    await expect.poll(() => events.held()).toBe(1);
    await events.stop();
    expect(await run).toBe(false);
  });
});

describe('a function that is invoked as an event', () => {
  const arnOf = (logicalId: string) => ({ 'Fn::GetAtt': [logicalId, 'Arn'] });
  const queue = (QueueName: string) => ({ Type: 'AWS::SQS::Queue', Properties: { QueueName } });
  const resources = {
    ...functionResources('listener', 'listener', { DeadLetterConfig: { TargetArn: arnOf('Dead') } }),
    Dead: queue('dead'),
    Failed: queue('failed'),
    Config: {
      Type: 'AWS::Lambda::EventInvokeConfig',
      Properties: {
        ...{ FunctionName: { Ref: 'Function' }, Qualifier: '$LATEST', MaximumRetryAttempts: 1 },
        DestinationConfig: { OnFailure: { Destination: arnOf('Failed') } },
      },
    },
  };
  const MaySend = {
    Type: 'AWS::IAM::Policy',
    Properties: {
      Roles: [{ Ref: 'Role' }],
      PolicyDocument: { Statement: { Effect: 'Allow', Action: 'sqs:SendMessage', Resource: '*' } },
    },
  };

  it('is retried as often as configured; the failed event is then sent to the failure destination and the dead-letter queue', async () => {
    await using cloud = await startSmallCloud({ code: { listener: LISTENER }, resources: { ...resources, MaySend } });
    const lambda = new LambdaClient(cloud.config);
    await lambda.send(
      new InvokeCommand({ FunctionName: 'listener', InvocationType: 'Event', Payload: '{"text":"fails-9"}' }),
    );
    lambda.destroy();
    await expect(cloud.settled({ withinMs: 4_000 })).rejects.toThrow('1 in dead; 1 in failed');
    const bodyIn = async (name: string) => {
      const QueueUrl = `${cloud.endpointUrl}/000000000000/${name}`;
      const { Messages = [] } = await cloud.sqs.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 20 }));
      return JSON.parse(Messages[0]?.Body ?? 'null');
    };
    expect(await bodyIn('dead')).toEqual({ text: 'fails-9' });
    expect(await bodyIn('failed')).toMatchObject({ requestContext: { approximateInvokeCount: 2 } });
    expect(loggedEvents(cloud)).toHaveLength(2);
  });

  it('requires permission to send to its destination and its dead-letter queue', async () => {
    const starting = startSmallCloud({ code: { listener: LISTENER }, resources });
    await expect(starting).rejects.toThrow('role/small-Role is not allowed to do sqs:SendMessage');
  });

  it('is refused if its concurrency limit is zero', async () => {
    const never = functionResources('listener', 'listener', { ReservedConcurrentExecutions: 0 });
    await expect(startSmallCloud({ code: { listener: LISTENER }, resources: never })).rejects.toThrow(
      'the function would never run',
    );
  });
});

describe('a property of a resource', () => {
  const checked = (type: string, properties: object) => () =>
    checkProperties({ stack: 's', logicalId: 'R', type, properties: { ...properties } });

  it.each([
    ['AWS::Lambda::EventSourceMapping', { TumblingWindowInSeconds: 5 }, 'TumblingWindowInSeconds'],
    ['AWS::SNS::Topic', { Subscription: [{ Protocol: 'email' }] }, 'Subscription'],
    ['AWS::SNS::Subscription', { ReplayPolicy: {} }, 'ReplayPolicy'],
    ['AWS::IAM::Role', { PermissionsBoundary: 'arn' }, 'PermissionsBoundary'],
    ['AWS::ApiGatewayV2::Api', { Target: 'arn' }, 'Target'],
    ['AWS::ApiGatewayV2::Stage', { StageVariables: {} }, 'StageVariables'],
    ['AWS::S3::Bucket', { ReplicationConfiguration: {} }, 'ReplicationConfiguration'],
  ])('is refused with its name if the embedded cloud would ignore it: %s %j', (type, properties, name) => {
    expect(checked(type, properties)).toThrow(
      `s: the embedded cloud does not support ${name} of ${type}, which R has.`,
    );
  });

  it('prevents the start of an embedded cloud that would ignore it', async () => {
    const Topic = { Type: 'AWS::SNS::Topic', Properties: { Subscription: [{ Protocol: 'sqs', Endpoint: 'arn' }] } };
    await expect(startSmallCloud({ resources: { Topic } })).rejects.toThrow(
      'does not support Subscription of AWS::SNS::Topic, which Topic has',
    );
  });

  it('is accepted if it is supported, has no effect locally, or belongs to an ignored type', () => {
    expect(checked('AWS::SQS::Queue', { DelaySeconds: 5, SqsManagedSseEnabled: true, Tags: [] })).not.toThrow();
    expect(checked('AWS::CloudWatch::Alarm', { Anything: 1 })).not.toThrow();
  });
});
