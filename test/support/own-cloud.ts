import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type AttributeDefinition,
  CreateTableCommand,
  DynamoDBClient,
  type KeySchemaElement,
} from '@aws-sdk/client-dynamodb';
import {
  DescribeStreamCommand,
  DynamoDBStreamsClient,
  GetRecordsCommand,
  GetShardIteratorCommand,
} from '@aws-sdk/client-dynamodb-streams';
import { CreateTopicCommand, SNSClient, SubscribeCommand } from '@aws-sdk/client-sns';
import {
  ChangeMessageVisibilityCommand,
  CreateQueueCommand,
  DeleteMessageCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { DynamoDBDocumentClient, PutCommand, ScanCommand } from '@aws-sdk/lib-dynamodb';
import { DUE_INDEX, DUE_KEYS, LATER_KEYS } from '@rollcall/kit/internal/contracts/later-table';
import { PARKED_AGGREGATE, PARKED_INDEX } from '@rollcall/kit/internal/contracts/subscriber-table';
import { startEmulators } from '@rollcall/local/internal/emulators/emulators';
import type { Context, DynamoDBStreamEvent, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { onTestFinished, vi } from 'vitest';

const region = 'us-east-1';

/** The context of an invocation. */
export const invocation = { awsRequestId: 'test', getRemainingTimeInMillis: () => 30_000 } as Context;

type Consume = (event: SQSEvent, context: Context) => Promise<SQSBatchResponse>;

/** Defines a key attribute. A key that ends with `#`, such as `version#`, is a number. Other keys are strings. */
const attributeOf = (key: string): AttributeDefinition => ({
  AttributeName: key.replace('#', ''),
  AttributeType: key.endsWith('#') ? 'N' : 'S',
});
const keysOf = (keys: readonly string[]): KeySchemaElement[] =>
  keys.map((key, index) => ({ AttributeName: key.replace('#', ''), KeyType: index === 0 ? 'HASH' : 'RANGE' }));

/**
 * Starts emulators for tables, queues and topics that a team created itself, and delivers messages the way Lambda does.
 */
export async function startOwnCloud() {
  const folder = mkdtempSync(join(tmpdir(), 'rollcall-own-'));
  const opened = new AsyncDisposableStack();
  opened.defer(() => rmSync(folder, { recursive: true }));
  const { dynamoDBUrl, messagingUrl } = await startEmulators({ folder, data: undefined, region }, opened);
  const config = (endpoint: string) => ({
    endpoint,
    region,
    credentials: { accessKeyId: 'own', secretAccessKey: 'own' },
  });
  const dynamodb = DynamoDBDocumentClient.from(new DynamoDBClient(config(dynamoDBUrl)));
  const streams = new DynamoDBStreamsClient(config(dynamoDBUrl));
  const [sqs, sns] = [new SQSClient(config(messagingUrl)), new SNSClient(config(messagingUrl))];

  async function queue(QueueName: string): Promise<string> {
    const Attributes = QueueName.endsWith('.fifo') ? { FifoQueue: 'true' } : {};
    const { QueueUrl = '' } = await sqs.send(new CreateQueueCommand({ QueueName, Attributes }));
    return QueueUrl;
  }

  const receive = async (QueueUrl: string) =>
    (
      await sqs.send(
        new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, MessageSystemAttributeNames: ['All'] }),
      )
    ).Messages ?? [];

  return {
    stop: () => opened.disposeAsync(),
    queue,

    async bucket(name: string): Promise<string> {
      await fetch(`${messagingUrl}/${name}`, { method: 'PUT' });
      return name;
    },

    /** Returns the keys of all objects in a bucket. */
    async keys(bucket: string): Promise<string[]> {
      const list = await (await fetch(`${messagingUrl}/${bucket}?list-type=2`)).text();
      return [...list.matchAll(/<Key>([^<]*)<\/Key>/g)].map(([, key = '']) => key);
    },

    /** Imports a handler with the environment of its function. */
    async functions<T>(load: () => Promise<T>, environment: Record<string, string>): Promise<T> {
      const endpoints = { DYNAMODB: dynamoDBUrl, SQS: messagingUrl, SNS: messagingUrl, S3: messagingUrl };
      vi.resetModules();
      for (const [service, url] of Object.entries(endpoints)) vi.stubEnv(`AWS_ENDPOINT_URL_${service}`, url);
      const credentials = { AWS_REGION: region, AWS_ACCESS_KEY_ID: 'own', AWS_SECRET_ACCESS_KEY: 'own' };
      for (const [name, value] of Object.entries({ ...credentials, ...environment })) vi.stubEnv(name, value);
      onTestFinished(() => void vi.unstubAllEnvs());
      return load();
    },

    async table(TableName: string, ...keys: string[]): Promise<string> {
      const AttributeDefinitions = keys.map(attributeOf);
      await dynamodb.send(
        new CreateTableCommand({
          TableName,
          AttributeDefinitions,
          KeySchema: keysOf(keys),
          BillingMode: 'PAY_PER_REQUEST',
        }),
      );
      return TableName;
    },

    /** Creates an outbox table the way docs/guides describe. */
    async outboxTable(TableName: string): Promise<{ name: string; stream: string }> {
      const keys = ['aggregateId', 'version#'];
      const { TableDescription } = await dynamodb.send(
        new CreateTableCommand({
          TableName,
          AttributeDefinitions: keys.map(attributeOf),
          KeySchema: keysOf(keys),
          BillingMode: 'PAY_PER_REQUEST',
          StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_IMAGE' },
        }),
      );
      return { name: TableName, stream: TableDescription?.LatestStreamArn ?? '' };
    },

    /** Creates a table of scheduled messages the way docs/guides describe. */
    async laterTable(TableName: string): Promise<string> {
      await dynamodb.send(
        new CreateTableCommand({
          TableName,
          AttributeDefinitions: [...LATER_KEYS, ...DUE_KEYS].map(attributeOf),
          KeySchema: keysOf(LATER_KEYS),
          BillingMode: 'PAY_PER_REQUEST',
          GlobalSecondaryIndexes: [
            { IndexName: DUE_INDEX, KeySchema: keysOf(DUE_KEYS), Projection: { ProjectionType: 'KEYS_ONLY' } },
          ],
        }),
      );
      return TableName;
    },

    /** Creates a consumer's table the way docs/guides describe. */
    async consumerTable(TableName: string): Promise<string> {
      await dynamodb.send(
        new CreateTableCommand({
          TableName,
          AttributeDefinitions: ['pk', 'sk', PARKED_AGGREGATE, 'version#'].map(attributeOf),
          KeySchema: keysOf(['pk', 'sk']),
          BillingMode: 'PAY_PER_REQUEST',
          GlobalSecondaryIndexes: [
            {
              IndexName: PARKED_INDEX,
              KeySchema: keysOf([PARKED_AGGREGATE, 'version#']),
              Projection: { ProjectionType: 'ALL' },
            },
          ],
        }),
      );
      return TableName;
    },

    /** Creates a topic, and a queue to which the topic delivers its messages in raw form. */
    async topicWithQueue(Name: string): Promise<{ topicArn: string; queueUrl: string }> {
      const isFifo = Name.endsWith('.fifo');
      const { TopicArn = '' } = await sns.send(
        new CreateTopicCommand({ Name, ...(isFifo && { Attributes: { FifoTopic: 'true' } }) }),
      );
      const queueUrl = await queue(`behind-${Name}`);
      const Endpoint = `arn:aws:sqs:${region}:000000000000:behind-${Name}`;
      const Attributes = { RawMessageDelivery: 'true' };
      await sns.send(new SubscribeCommand({ TopicArn, Protocol: 'sqs', Endpoint, Attributes }));
      return { topicArn: TopicArn, queueUrl };
    },

    put: (TableName: string, Item: Record<string, unknown>) => dynamodb.send(new PutCommand({ TableName, Item })),

    items: async (TableName: string, IndexName?: string): Promise<Record<string, unknown>[]> =>
      (await dynamodb.send(new ScanCommand({ TableName, ...(IndexName && { IndexName }) }))).Items ?? [],

    async send(QueueUrl: string, body: string | object, group = 'group'): Promise<void> {
      const MessageBody = typeof body === 'string' ? body : JSON.stringify(body);
      const ofFifo = { MessageGroupId: group, MessageDeduplicationId: crypto.randomUUID() };
      await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody, ...(QueueUrl.endsWith('.fifo') && ofFifo) }));
    },

    /** Removes all messages from a queue, and returns their bodies. */
    async bodies(QueueUrl: string): Promise<Array<Record<string, unknown>>> {
      const all: string[] = [];
      for (let messages = await receive(QueueUrl); messages.length > 0; messages = await receive(QueueUrl)) {
        all.push(...messages.map(({ Body = '' }) => Body));
        for (const { ReceiptHandle } of messages) await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
      }
      return all.map((body) => JSON.parse(body));
    },

    /**
     * Delivers the messages of a queue to a function, like Lambda's poller, until the queue is empty or the function
     * returns messages. Returned messages are visible again immediately.
     * @returns the number of returned messages
     */
    async deliver(QueueUrl: string, consume: Consume): Promise<number> {
      for (;;) {
        const messages = await receive(QueueUrl);
        if (messages.length === 0) return 0;
        const Records = messages.map(({ MessageId = '', ReceiptHandle = '', Body = '', Attributes }) => ({
          ...{ messageId: MessageId, receiptHandle: ReceiptHandle, body: Body, attributes: Attributes },
        }));
        const { batchItemFailures } = await consume({ Records } as unknown as SQSEvent, invocation);
        const returned = new Set(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
        for (const { MessageId = '', ReceiptHandle } of messages)
          if (returned.has(MessageId))
            await sqs.send(new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle, VisibilityTimeout: 0 }));
          else await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
        if (returned.size > 0) return returned.size;
      }
    },

    /** Returns all records of a table's stream. */
    async recorded(StreamArn: string): Promise<DynamoDBStreamEvent> {
      const { StreamDescription } = await streams.send(new DescribeStreamCommand({ StreamArn }));
      const Records = [];
      for (const { ShardId } of StreamDescription?.Shards ?? []) {
        const { ShardIterator } = await streams.send(
          new GetShardIteratorCommand({ StreamArn, ShardId, ShardIteratorType: 'TRIM_HORIZON' }),
        );
        Records.push(...((await streams.send(new GetRecordsCommand({ ShardIterator }))).Records ?? []));
      }
      return { Records } as unknown as DynamoDBStreamEvent;
    },
  };
}
