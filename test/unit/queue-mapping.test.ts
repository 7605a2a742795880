import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { SendMessageBatchCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import { mappings } from '@rollcall/local/internal/resources/mappings';
import type { Runtime } from '@rollcall/local/internal/resources/runtime';
import { describe, expect, it } from 'vitest';
import { functionArn, listener, loggedEvents } from '../support/listening.ts';
import { startSmallCloud } from '../support/small-cloud.ts';

const mayPoll = (...Action: string[]) => ({
  Type: 'AWS::IAM::Policy',
  Properties: {
    Roles: [{ Ref: 'Role' }],
    PolicyDocument: { Statement: { Effect: 'Allow', Action, Resource: '*' } },
  },
});

const mapping = (EventSourceArn: unknown, more: object) => ({
  Type: 'AWS::Lambda::EventSourceMapping',
  Properties: { EventSourceArn, FunctionName: functionArn, ...more },
});

const queueApp = (more: object) => ({
  code: listener.code,
  resources: {
    ...listener.resources,
    Queue: { Type: 'AWS::SQS::Queue', Properties: { QueueName: 'jobs' } },
    Policy: mayPoll('sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'),
    Mapping: mapping({ 'Fn::GetAtt': ['Queue', 'Arn'] }, more),
  },
});

describe('a function that consumes a queue', () => {
  it('gets batches of more than ten messages if it has a batching window', async () => {
    await using cloud = await startSmallCloud(queueApp({ BatchSize: 25, MaximumBatchingWindowInSeconds: 60 }));
    const QueueUrl = `${cloud.endpointUrl}/000000000000/jobs`;
    for (const from of [0, 10, 20]) {
      const Entries = Array.from({ length: from === 20 ? 5 : 10 }, (_, index) => ({
        Id: String(index),
        MessageBody: String(from + index),
      }));
      await cloud.sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries }));
    }
    await cloud.settled();
    expect(loggedEvents(cloud).map(({ Records }) => Records.length)).toEqual([25]);
  });

  it('gets binary attributes in Base64', async () => {
    await using cloud = await startSmallCloud(queueApp({}));
    const bytes = { DataType: 'Binary', BinaryValue: Uint8Array.of(1, 2, 255) };
    const QueueUrl = `${cloud.endpointUrl}/000000000000/jobs`;
    await cloud.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'x', MessageAttributes: { bytes } }));
    await cloud.settled();
    expect(loggedEvents(cloud)[0].Records[0].messageAttributes).toEqual({
      bytes: { dataType: 'Binary', binaryValue: 'AQL/', stringListValues: [], binaryListValues: [] },
    });
  });
});

const items = {
  Type: 'AWS::DynamoDB::Table',
  Properties: {
    TableName: 'items',
    AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
    KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
    StreamSpecification: { StreamViewType: 'NEW_IMAGE' },
  },
};

describe("a function that consumes a table's stream", () => {
  it('gets the records written after its start if its position is LATEST, and gets binary values in Base64', async () => {
    await using cloud = await startSmallCloud({
      code: listener.code,
      resources: {
        ...listener.resources,
        Table: items,
        Policy: mayPoll(
          'dynamodb:GetRecords',
          'dynamodb:GetShardIterator',
          'dynamodb:DescribeStream',
          'dynamodb:ListStreams',
        ),
        Mapping: mapping({ 'Fn::GetAtt': ['Table', 'StreamArn'] }, { StartingPosition: 'LATEST' }),
      },
    });
    const bytes = { B: Uint8Array.of(1, 2, 255) };
    const Item = { id: { S: 'a' }, bytes, more: { L: [bytes, { M: { bytes } }] } };
    await cloud.dynamodb.send(new PutItemCommand({ TableName: 'items', Item }));
    await expect.poll(() => loggedEvents(cloud), { timeout: 30_000 }).toHaveLength(1);
    const base64 = { B: 'AQL/' };
    expect(loggedEvents(cloud)[0].Records[0].dynamodb.NewImage).toEqual({
      ...{ id: { S: 'a' }, bytes: base64 },
      more: { L: [base64, { M: { bytes: base64 } }] },
    });
  });

  it('needs permission to send to its failure destination', async () => {
    const starting = startSmallCloud({
      code: listener.code,
      resources: {
        ...listener.resources,
        Table: items,
        Topic: { Type: 'AWS::SNS::Topic', Properties: { TopicName: 'failures' } },
        Policy: mayPoll('dynamodb:*'),
        Mapping: mapping(
          { 'Fn::GetAtt': ['Table', 'StreamArn'] },
          { DestinationConfig: { OnFailure: { Destination: { Ref: 'Topic' } } } },
        ),
      },
    });
    await expect(starting).rejects.toThrow(
      'event source Mapping: arn:aws:iam::000000000000:role/small-Role is not allowed to do sns:Publish',
    );
  });
});

describe('an event source that Lambda would refuse', () => {
  const queue = 'arn:aws:sqs:us-east-1:000000000000:jobs';
  const stream = 'arn:aws:dynamodb:us-east-1:000000000000:table/items/stream/1';
  it.each([
    [
      'a batch size above 10 without a batching window',
      { EventSourceArn: queue, BatchSize: 11 },
      'maximum is 10 without MaximumBatchingWindowInSeconds',
    ],
    [
      'a batch size above 10 for a FIFO queue',
      { EventSourceArn: `${queue}.fifo`, BatchSize: 11 },
      'maximum is 10 for a FIFO queue',
    ],
    [
      'a batching window for a FIFO queue',
      { EventSourceArn: `${queue}.fifo`, MaximumBatchingWindowInSeconds: 1 },
      'no batching window for FIFO queues',
    ],
    [
      'a batch size above 10,000 for a queue',
      { EventSourceArn: queue, BatchSize: 10_001, MaximumBatchingWindowInSeconds: 1 },
      'maximum is 10000',
    ],
    ['a batch size above 10,000 for a stream', { EventSourceArn: stream, BatchSize: 10_001 }, 'maximum is 10000'],
    [
      'an S3 bucket as the failure destination',
      { EventSourceArn: stream, DestinationConfig: { OnFailure: { Destination: 'arn:aws:s3:::failures' } } },
      'only to functions, queues and topics, not to arn:aws:s3:::failures',
    ],
    [
      'a Kinesis stream',
      { EventSourceArn: 'arn:aws:kinesis:us-east-1:000000000000:stream/x' },
      'does not support the event source arn:aws:kinesis',
    ],
  ])('is refused: %s', async (_, properties, complaint) => {
    const functions = new Map([
      ['worker', { settings: { name: 'worker' }, qualifiers: new Map([['$LATEST', '$LATEST']]) }],
    ]);
    const make = mappings({ functions, checks: [], mappings: [] } as unknown as Runtime);
    const making = make({
      stack: 's',
      logicalId: 'M',
      type: '',
      properties: { FunctionName: 'worker', ...properties },
    });
    await expect(making).rejects.toThrow(complaint);
  });
});
