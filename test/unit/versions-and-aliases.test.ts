import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { PublishCommand } from '@aws-sdk/client-sns';
import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { heardBy, listener, mayInvoke } from '../support/listening.ts';
import { type SmallCloud, startSmallCloud } from '../support/small-cloud.ts';

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

/** A function with a version and an alias, and what else there is. */
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

/** That a service may invoke the alias, or the function alone. */
const permission = (service: string, source: unknown, FunctionName: object) => ({
  ...mayInvoke(service, source),
  Properties: { ...mayInvoke(service, source).Properties, FunctionName },
});
const theFunction = { 'Fn::GetAtt': ['Function', 'Arn'] };
const theAlias = { Ref: 'Live' };

describe('Invoke', () => {
  it('finds a function by its version and its alias, and no others', async () => {
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

  it('may not, by a permission for the function alone', async () => {
    expect(await refusal(api(theFunction))).toContain(
      'route GET /hello: apigateway.amazonaws.com may not do lambda:InvokeFunction on arn:aws:lambda:us-east-1:000000000000:function:listener:live',
    );
  });
});

describe('what else invokes functions', () => {
  it('is a queue, of an alias', async () => {
    const cloud = await cloudWith({
      Queue: { Type: 'AWS::SQS::Queue', Properties: { QueueName: 'jobs' } },
      Policy: {
        Type: 'AWS::IAM::Policy',
        Properties: {
          Roles: [{ Ref: 'Role' }],
          PolicyDocument: { Statement: { Effect: 'Allow', Action: 'sqs:*', Resource: '*' } },
        },
      },
      Mapping: {
        Type: 'AWS::Lambda::EventSourceMapping',
        Properties: { EventSourceArn: { 'Fn::GetAtt': ['Queue', 'Arn'] }, FunctionName: theAlias },
      },
    });
    const QueueUrl = `${cloud.endpointUrl}/000000000000/jobs`;
    await cloud.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'for live' }));
    await cloud.settled();
    expect(heardBy(cloud).map(({ Records }) => Records[0].body)).toEqual(['for live']);
  });

  const topic = (FunctionName: object): Resources => ({
    Topic: { Type: 'AWS::SNS::Topic', Properties: { TopicName: 'news' } },
    Subscription: {
      Type: 'AWS::SNS::Subscription',
      Properties: { TopicArn: { Ref: 'Topic' }, Protocol: 'lambda', Endpoint: theAlias },
    },
    MayTell: permission('sns.amazonaws.com', { Ref: 'Topic' }, FunctionName),
  });

  it('is a topic, of an alias, by a permission for the alias', async () => {
    const cloud = await cloudWith(topic(theAlias));
    const TopicArn = 'arn:aws:sns:us-east-1:000000000000:news';
    await cloud.sns.send(new PublishCommand({ TopicArn, Message: 'to live' }));
    await cloud.settled();
    expect(heardBy(cloud).map(({ Records }) => Records[0].Sns.Message)).toEqual(['to live']);
    expect(await refusal(topic(theFunction))).toContain('may not do lambda:InvokeFunction');
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

  it('is a rule, of an alias, by a permission for the alias', async () => {
    const cloud = await cloudWith(rule(theAlias));
    const headers = { 'x-amz-target': 'AWSEvents.PutEvents', 'content-type': 'application/x-amz-json-1.1' };
    const body = JSON.stringify({ Entries: [{ Source: 'shop', DetailType: 'placed', Detail: '{}' }] });
    await fetch(cloud.endpointUrl, { method: 'POST', headers, body });
    await expect.poll(() => heardBy(cloud).length, { timeout: 30_000 }).toBe(1);
    expect(await refusal(rule(theFunction))).toContain('rule Rule: events.amazonaws.com may not do');
  });
});

describe('what the embedded cloud does not have of versions', () => {
  const alias = (more: object) => ({ ...Live, Properties: { ...Live.Properties, ...more } });

  it.each<[string, Resources]>([
    [
      'does not know RoutingConfig, which Other has',
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
  ])('is refused by name: %s', async (complaint, more) => {
    expect(await refusal(more)).toContain(complaint);
  });
});
