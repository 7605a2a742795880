import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, GetCommand, PutCommand, TransactWriteCommand } from '@aws-sdk/lib-dynamodb';
import {
  type MessageDeduplicationStore,
  MessageHandlerConfigBuilder,
  noopReleasableLock,
} from '@message-queue-toolkit/core';
import { AbstractSqsConsumer } from '@message-queue-toolkit/sqs';
import { v7 as newId } from 'uuid';
import * as z from 'zod';
import { memberRegisteredV2 } from '../../shared/contracts/member-registered.v2.ts';
import { booking, type ConsumerResources } from './booking.ts';
import type { Clients } from './clients.ts';
import { BATCH_SIZE, BATCHES_AT_ONCE, LONG_POLL_SECONDS, type Running } from './poller.ts';

const registered = z.object({
  id: z.string(),
  type: z.literal(memberRegisteredV2.type),
  time: z.string(),
  subject: z.string(),
  data: memberRegisteredV2.data,
});
type Registered = z.output<typeof registered>;

/**
 * Creates a minimal store in DynamoDB with a conditional write, because the library has only a store in Redis. This
 * store has no lock, because SQS delivers a message to one consumer at a time.
 */
function createStore(client: DynamoDBDocumentClient, TableName: string): MessageDeduplicationStore {
  return {
    async keyExists(id) {
      return (await client.send(new GetCommand({ TableName, Key: { id }, ConsistentRead: true }))).Item !== undefined;
    },
    async setIfNotExists(id, value, ttlSeconds) {
      const Item = { id, value, expiresAt: Math.ceil(Date.now() / 1000) + ttlSeconds };
      try {
        await client.send(new PutCommand({ TableName, Item, ConditionExpression: 'attribute_not_exists(id)' }));
        return true;
      } catch (error) {
        if (error instanceof ConditionalCheckFailedException) return false;
        throw error;
      }
    },
    acquireLock: async () => ({ result: noopReleasableLock }),
  };
}

class PointsConsumer extends AbstractSqsConsumer<Registered, undefined> {
  #isStopping = false;

  constructor({ dynamodb, sqs }: Clients, { queueUrl, pointsTable, idsTable }: ConsumerResources) {
    const client = DynamoDBDocumentClient.from(dynamodb);
    const handlers = new MessageHandlerConfigBuilder<Registered, undefined>().addConfig(
      registered,
      async ({ subject }) => {
        await client.send(new TransactWriteCommand({ TransactItems: booking(pointsTable, subject, newId()) }));
        return { result: 'success' as const };
      },
    );
    const silent = () => {};
    super(
      {
        sqsClient: sqs,
        logger: {
          level: 'silent',
          silent,
          ...{ trace: silent, debug: silent, info: silent, warn: silent },
          ...{ error: silent, fatal: console.error },
        } as never,
        // When the library stops, it reports the aborted long poll as an error.
        errorReporter: { report: ({ error }) => this.#isStopping || console.error(error.message) },
        consumerErrorResolver: { processError: (error) => error as never },
        transactionObservabilityManager: {
          start: silent,
          startWithGroup: silent,
          stop: silent,
          addCustomAttributes: silent,
        },
      },
      {
        locatorConfig: { queueUrl },
        handlers: handlers.build(),
        messageTypeResolver: { messageTypePath: 'type' },
        messageTimestampField: 'time',
        messageDeduplicationIdField: 'id',
        messageDeduplicationConfig: { deduplicationStore: createStore(client, idsTable) },
        enableConsumerDeduplication: true,
        concurrentConsumersAmount: BATCHES_AT_ONCE,
        consumerOverrides: { batchSize: BATCH_SIZE, waitTimeSeconds: LONG_POLL_SECONDS },
      },
      undefined,
    );
  }

  override close(): Promise<void> {
    this.#isStopping = true;
    return super.close(true);
  }
}

/** Starts the library, which polls the queue itself. It has `BATCHES_AT_ONCE` pollers, like the other contestants. */
export function startToolkit(clients: Clients, resources: ConsumerResources): Running {
  const consumer = new PointsConsumer(clients, resources);
  const started = consumer.start();
  return {
    async stop() {
      await started;
      await consumer.close();
    },
  };
}
