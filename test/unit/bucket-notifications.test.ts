import { ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import type { Cloud } from '@rollcall/local/internal/cloud';
import { configureNotifications } from '@rollcall/local/internal/resources/bucket-notifications';
import type { Runtime } from '@rollcall/local/internal/resources/runtime';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { functionArn, listener, loggedEvents, mayInvoke, maySend } from '../support/listening.ts';
import { startSmallCloud } from '../support/small-cloud.ts';

const arnOf = (logicalId: string) => ({ 'Fn::GetAtt': [logicalId, 'Arn'] });
const queue = (QueueName: string) => ({ Type: 'AWS::SQS::Queue', Properties: { QueueName } });

/** The custom resource that CDK creates for the notifications of a bucket. */
const notifications = (NotificationConfiguration: object) => ({
  Type: 'Custom::S3BucketNotifications',
  Properties: { BucketName: { Ref: 'Bucket' }, Managed: true, NotificationConfiguration },
});

const mayInvokeForBucket = {
  Type: 'AWS::Lambda::Permission',
  Properties: {
    ...mayInvoke('s3.amazonaws.com', arnOf('Bucket')).Properties,
    SourceAccount: { Ref: 'AWS::AccountId' },
  },
};

const resources = {
  ...listener.resources,
  Bucket: { Type: 'AWS::S3::Bucket', Properties: { BucketName: 'files' } },
  Queue: queue('jobs'),
  MaySend: maySend('s3.amazonaws.com'),
  Topic: { Type: 'AWS::SNS::Topic', Properties: { TopicName: 'news' } },
  MayPublish: {
    Type: 'AWS::SNS::TopicPolicy',
    Properties: {
      Topics: [{ Ref: 'Topic' }],
      PolicyDocument: {
        Statement: {
          Effect: 'Allow',
          Principal: { Service: 's3.amazonaws.com' },
          Action: 'sns:Publish',
          Resource: { Ref: 'Topic' },
        },
      },
    },
  },
  OfTopic: queue('of-topic'),
  MaySendOfTopic: maySend('sns.amazonaws.com', 'OfTopic'),
  Subscription: {
    Type: 'AWS::SNS::Subscription',
    Properties: { TopicArn: { Ref: 'Topic' }, Protocol: 'sqs', Endpoint: arnOf('OfTopic') },
  },
  OfBus: queue('of-bus'),
  MaySendOfBus: maySend('events.amazonaws.com', 'OfBus'),
  Rule: {
    Type: 'AWS::Events::Rule',
    Properties: {
      EventPattern: { source: ['aws.s3'], detail: { object: { key: [{ prefix: 'bus/' }] } } },
      Targets: [{ Id: 'T', Arn: arnOf('OfBus') }],
    },
  },
  MayInvoke: mayInvokeForBucket,
  Notifications: notifications({
    EventBridgeConfiguration: {},
    LambdaFunctionConfigurations: [
      {
        Events: ['s3:ObjectCreated:*'],
        Filter: {
          Key: {
            FilterRules: [
              { Name: 'prefix', Value: 'in/' },
              { Name: 'suffix', Value: '.csv' },
            ],
          },
        },
        LambdaFunctionArn: functionArn,
      },
    ],
    QueueConfigurations: [
      {
        Events: ['s3:ObjectRemoved:*', 's3:ObjectCreated:Copy', 's3:ObjectCreated:CompleteMultipartUpload'],
        QueueArn: arnOf('Queue'),
      },
    ],
    TopicConfigurations: [
      {
        Events: ['s3:ObjectCreated:Put'],
        Filter: { Key: { FilterRules: [{ Name: 'prefix', Value: 'news/' }] } },
        TopicArn: { Ref: 'Topic' },
      },
    ],
  }),
};

// https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
describe('a bucket', () => {
  let cloud: Cloud;
  beforeAll(async () => {
    cloud = await startSmallCloud({ code: listener.code, resources });
  });
  afterAll(() => cloud.stop());

  /** Sends a raw HTTP request to S3. @param path the key of an object, and the query */
  async function s3(method: string, path: string, more: { body?: string; headers?: Record<string, string> } = {}) {
    const authorization = 'AWS4-HMAC-SHA256 Credential=any/20261130/us-east-1/s3/aws4_request';
    const { body, headers } = more;
    const response = await fetch(`${cloud.endpointUrl}/files/${path}`, {
      ...{ method, headers: { authorization, ...headers } },
      ...(body !== undefined && { body }),
    });
    expect(response.status, path).toBeLessThan(300);
    return { etag: response.headers.get('etag') ?? '', text: await response.text() };
  }

  const put = (key: string, body = 'text') => s3('PUT', encodeURI(key).replaceAll('&', '%26'), { body });

  async function receive(name: string): Promise<string[]> {
    const QueueUrl = `${cloud.endpointUrl}/000000000000/${name}`;
    const { Messages = [] } = await cloud.sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }));
    return Messages.map(({ Body = '' }) => Body);
  }

  const notified = async () =>
    (await receive('jobs')).map((body) => {
      const [
        {
          eventName,
          s3: { object },
        },
      ] = JSON.parse(body).Records;
      return `${eventName} ${object.key}`;
    });

  it('notifies functions of objects, by prefix and suffix', async () => {
    for (const key of ['in/a.txt', 'out/a.csv', 'in/año 1.csv']) await put(key);
    await expect.poll(() => loggedEvents(cloud), { timeout: 30_000 }).toHaveLength(1);
    const [record] = loggedEvents(cloud)[0].Records;
    expect(record).toMatchObject({
      ...{ eventVersion: '2.1', eventSource: 'aws:s3', awsRegion: 'us-east-1', eventName: 'ObjectCreated:Put' },
      s3: {
        ...{ s3SchemaVersion: '1.0', configurationId: 'Notifications' },
        bucket: { name: 'files', arn: 'arn:aws:s3:::files' },
        object: { key: 'in/a%C3%B1o+1.csv', size: 4, eTag: expect.stringMatching(/^[\da-f]{32}$/) },
      },
    });
    expect(record.s3.object.sequencer).toMatch(/^[\dA-F]{18}$/);
  });

  it('notifies queues of copies, multipart uploads and deletions, before it responds', async () => {
    await put('x&1');
    await s3('PUT', 'y', { headers: { 'x-amz-copy-source': 'files/x%261' } });
    expect(await notified()).toEqual(['ObjectCreated:Copy y']);
    const [, uploadId] = /<UploadId>(.+)<\/UploadId>/.exec((await s3('POST', 'z?uploads')).text) ?? [];
    const { etag } = await s3('PUT', `z?partNumber=1&uploadId=${uploadId}`, { body: 'part' });
    const part = `<Part><PartNumber>1</PartNumber><ETag>${etag}</ETag></Part>`;
    const body = `<CompleteMultipartUpload>${part}</CompleteMultipartUpload>`;
    await s3('POST', `z?uploadId=${uploadId}`, { body });
    expect(await notified()).toEqual(['ObjectCreated:CompleteMultipartUpload z']);
    await s3('DELETE', 'y');
    const keys = ['x&amp;1', 'z'].map((key) => `<Object><Key>${key}</Key></Object>`).join('');
    await s3('POST', '?delete', { body: `<Delete>${keys}</Delete>`, headers: { 'content-type': 'application/xml' } });
    expect(await notified()).toEqual([
      'ObjectRemoved:Delete y',
      'ObjectRemoved:Delete x%261',
      'ObjectRemoved:Delete z',
    ]);
  });

  it('notifies topics, with a subject, and EventBridge', async () => {
    await put('news/1');
    const [notification = ''] = await receive('of-topic');
    expect(JSON.parse(notification)).toMatchObject({ Subject: 'Amazon S3 Notification' });
    expect(JSON.parse(JSON.parse(notification).Message).Records[0].s3.object.key).toBe('news/1');
    await put('bus/a b');
    const [event = ''] = await receive('of-bus');
    expect(JSON.parse(event)).toMatchObject({
      ...{ 'detail-type': 'Object Created', source: 'aws.s3', resources: ['arn:aws:s3:::files'] },
      detail: { bucket: { name: 'files' }, object: { key: 'bus/a b', size: 4 }, reason: 'PutObject' },
    });
  });
});

describe('notifications of a bucket', () => {
  const runtime = { bucketNotifications: { add: () => {} }, functions: new Map(), checks: [] } as unknown as Runtime;
  const configured = (one: object) => () =>
    configureNotifications(
      runtime,
      'files',
      {
        QueueConfigurations: [
          { Events: ['s3:ObjectCreated:*'], QueueArn: 'arn:aws:sqs:us-east-1:000000000000:jobs', ...one },
        ],
      },
      'N',
    );

  it.each([
    [
      'events that never happen in the embedded cloud',
      { Events: ['s3:ObjectRestore:*'] },
      'never sends s3:ObjectRestore:*',
    ],
    ['a FIFO queue', { QueueArn: 'arn:aws:sqs:us-east-1:000000000000:jobs.fifo' }, 'S3 does not notify FIFO queues'],
    [
      'a target of another type',
      { QueueArn: 'arn:aws:states:us-east-1:000000000000:x' },
      'only to functions, queues and topics',
    ],
  ])('are refused with %s', (_, one, complaint) => {
    expect(configured(one)).toThrow(complaint);
  });

  it('require that S3 may invoke the function, even if the bucket itself configures them', async () => {
    const Bucket = {
      Type: 'AWS::S3::Bucket',
      Properties: {
        BucketName: 'files',
        NotificationConfiguration: { LambdaConfigurations: [{ Event: 's3:ObjectCreated:*', Function: functionArn }] },
      },
    };
    const starting = (Principal: string) =>
      startSmallCloud({
        code: listener.code,
        resources: {
          ...listener.resources,
          Bucket,
          M: {
            ...mayInvokeForBucket,
            Properties: { ...mayInvokeForBucket.Properties, Principal, SourceArn: 'arn:aws:s3:::files' },
          },
        },
      });
    await expect(starting('sns.amazonaws.com')).rejects.toThrow(
      'notifications Bucket: s3.amazonaws.com is not allowed to do lambda:InvokeFunction',
    );
    await using _ = await starting('s3.amazonaws.com');
  });
});
