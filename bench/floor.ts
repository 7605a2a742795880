import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { CreateTopicCommand, PublishBatchCommand, SNSClient, SubscribeCommand } from '@aws-sdk/client-sns';
import {
  CreateQueueCommand,
  DeleteMessageBatchCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import {
  BatchWriteCommand,
  DeleteCommand,
  DynamoDBDocumentClient,
  GetCommand,
  QueryCommand,
  TransactWriteCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import { startDynamoDB } from '@rollcall/local/internal/emulators/dynoxide';
import { startMessaging } from '@rollcall/local/internal/emulators/fauxqs';

const REGION = 'us-east-1';
const CONCURRENCY = 32;
const SUBSCRIBERS = ['sms', 'points', 'guide'];
/** An event with the typical size of a registration's event. */
const BODY = JSON.stringify({ type: 'rollcall.member.registered.v2', data: 'x'.repeat(560) });

/**
 * Measures the upper bound of the emulators' throughput. A bare SDK loop in one process repeats the calls of a demo run
 * against the same emulators, without functions, gateways and event source mappings.
 * @param calls the number of calls by `service:Operation`, as the demo reports them
 * @param members the number of registrations. Each registration has one published event, and one reply of each
 * subscriber
 * @returns the duration in seconds
 */
export async function measureFloor(calls: Record<string, number>, members: number): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'rollcall-floor-'));
  const [dynamoDB, messaging] = await Promise.all([
    startDynamoDB(join(folder, 'dynamodb.db')),
    startMessaging({ folder, region: REGION }),
  ]);
  const config = (endpoint: string) => ({
    endpoint,
    region: REGION,
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
  const dynamodb = DynamoDBDocumentClient.from(new DynamoDBClient(config(dynamoDB.url)));
  const [sns, sqs] = [new SNSClient(config(messaging.url)), new SQSClient(config(messaging.url))];
  await dynamodb.send(
    new CreateTableCommand({
      TableName: 'floor',
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
    }),
  );
  const { TopicArn } = await sns.send(
    new CreateTopicCommand({ Name: 'floor.fifo', Attributes: { FifoTopic: 'true' } }),
  );
  const { QueueUrl: replies = '' } = await sqs.send(new CreateQueueCommand({ QueueName: 'replies' }));
  const queues = [replies];
  for (const name of SUBSCRIBERS) {
    const { QueueUrl = '' } = await sqs.send(
      new CreateQueueCommand({ QueueName: `${name}.fifo`, Attributes: { FifoQueue: 'true' } }),
    );
    queues.push(QueueUrl);
    await sns.send(
      new SubscribeCommand({
        TopicArn,
        Protocol: 'sqs',
        Endpoint: `arn:aws:sqs:${REGION}:000000000000:${name}.fifo`,
        Attributes: { RawMessageDelivery: 'true' },
      }),
    );
  }

  const count = (name: string) => calls[name] ?? 0;
  const entriesOf = (messages: number, operation: string) =>
    Math.min(10, Math.max(1, Math.round(messages / Math.max(1, count(operation)))));
  const published = entriesOf(members, 'sns:PublishBatch');
  const replied = entriesOf(SUBSCRIBERS.length * members, 'sqs:SendMessageBatch');
  let key = 0;
  const item = () => ({
    Put: {
      TableName: 'floor',
      Item: { pk: String(key++), body: BODY },
      ConditionExpression: 'attribute_not_exists(pk)',
    },
  });

  const start = performance.now();
  await repeat(count('dynamodb:TransactWriteItems'), async () => {
    // The member, the guard of the phone, and the outbox row.
    await dynamodb.send(new TransactWriteCommand({ TransactItems: [item(), item(), item()] }));
  });
  await repeat(count('sns:PublishBatch'), async () => {
    await sns.send(
      new PublishBatchCommand({
        TopicArn,
        PublishBatchRequestEntries: Array.from({ length: published }, (_, index) => ({
          Id: String(index),
          Message: BODY,
          MessageGroupId: String(key),
          MessageDeduplicationId: String(key++),
        })),
      }),
    );
  });
  await repeat(count('dynamodb:BatchWriteItem'), async () => {
    const deletes = Array.from({ length: published }, () => ({
      DeleteRequest: { Key: { pk: String(key++) } },
    }));
    await dynamodb.send(new BatchWriteCommand({ RequestItems: { floor: deletes } }));
  });
  await repeat(count('sqs:SendMessageBatch'), async () => {
    const Entries = Array.from({ length: replied }, (_, index) => ({ Id: String(index), MessageBody: BODY }));
    await sqs.send(new SendMessageBatchCommand({ QueueUrl: replies, Entries }));
  });
  const keyOf = (index: number) => ({ TableName: 'floor', Key: { pk: String(index) } });
  await repeat(count('dynamodb:GetItem'), async (index) => {
    await dynamodb.send(new GetCommand({ ...keyOf(index), ConsistentRead: true }));
  });
  // The queries of a relay or a sweep mostly return one item or none.
  await repeat(count('dynamodb:Query'), async (index) => {
    await dynamodb.send(
      new QueryCommand({
        TableName: 'floor',
        KeyConditionExpression: 'pk = :pk',
        ExpressionAttributeValues: { ':pk': String(index) },
        ConsistentRead: true,
      }),
    );
  });
  await repeat(count('dynamodb:DeleteItem'), async (index) => {
    await dynamodb.send(new DeleteCommand(keyOf(index)));
  });
  await repeat(count('sqs:ReceiveMessage'), async (index) => {
    const QueueUrl = queues[index % queues.length];
    const { Messages = [] } = await sqs.send(
      new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, MessageSystemAttributeNames: ['All'] }),
    );
    if (Messages.length === 0) return;
    const Entries = Messages.map(({ ReceiptHandle }, id) => ({ Id: String(id), ReceiptHandle }));
    await sqs.send(new DeleteMessageBatchCommand({ QueueUrl, Entries }));
  });
  await repeat(count('dynamodb:UpdateItem'), async () => {
    await dynamodb.send(
      new UpdateCommand({
        TableName: 'floor',
        Key: { pk: String(key++) },
        UpdateExpression: 'SET version = :version, appliedAt = :at',
        ConditionExpression: 'attribute_not_exists(version)',
        ExpressionAttributeValues: { ':version': 1, ':at': new Date().toISOString() },
      }),
    );
  });
  const seconds = (performance.now() - start) / 1000;

  for (const client of [dynamodb, sns, sqs]) client.destroy();
  await Promise.all([dynamoDB.stop(), messaging.stop()]);
  await rm(folder, { recursive: true });
  return seconds;
}

async function repeat(times: number, call: (index: number) => Promise<void>): Promise<void> {
  let next = 0;
  const work = async () => {
    while (next < times) await call(next++);
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, work));
}
