import { SQSClient } from '@aws-sdk/client-sqs';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { v7 as newId } from 'uuid';
import * as z from 'zod';
import { clientDefaults, createDynamoDB } from '../aws/clients.ts';
import { readEnvironment, text } from '../config/environment.ts';
import type { MessageContract } from '../contracts/contract.ts';
import { createObservability } from '../observability/observability.ts';
import { consume } from './consumer.ts';
import { createRedelivery } from './redelivery.ts';
import { createSubscriber, type Handlers } from './subscriber.ts';
import { createSubscriberStore } from './subscriber-store.ts';

export interface SubscriberFunctionsOptions<C extends MessageContract> {
  /** Name in logs and metrics. */
  service: string;
  /** Sort key of the item that carries the cursor. */
  cursorKey: string;
  contracts: readonly C[];
  handlers: (own: { client: DynamoDBDocumentClient; tableName: string; now: () => Date }) => Handlers<C>;
}

/**
 * The two Lambda functions of a subscriber: one consumes its queue, one sweeps what is parked. Their environment names
 * its `TABLE` and its `QUEUE_URL`, as the construct Subscriber sets it.
 */
export function subscriberFunctions<C extends MessageContract>(options: SubscriberFunctionsOptions<C>) {
  const { service, cursorKey, contracts, handlers } = options;
  const { TABLE: tableName, QUEUE_URL: queueUrl } = readEnvironment(z.object({ TABLE: text, QUEUE_URL: text }));
  const { logger, count } = createObservability(service);
  const client = createDynamoDB();
  const now = () => new Date();
  const subscriber = createSubscriber({
    store: createSubscriberStore({ client, tableName, cursorKey }),
    contracts,
    handlers: handlers({ client, tableName, now }),
    now,
    newId,
  });
  const redeliver = createRedelivery({ client: new SQSClient(clientDefaults), queueUrl, random: Math.random });

  return {
    async consume(event: SQSEvent): Promise<SQSBatchResponse> {
      const { outcomes, failures, givenBack } = await consume(event, subscriber.apply);
      for (const { messageId, error } of failures) logger.warn('message given back', { messageId, error });
      try {
        await redeliver(givenBack);
      } catch (error) {
        // They come again all the same, if later: after the queue's visibility timeout.
        logger.warn('backoff not set', { error: error as Error });
      }
      count({
        Applied: outcomes.applied,
        Duplicates: outcomes.duplicate,
        Parked: outcomes.parked,
        GivenBack: givenBack.length,
      });
      return { batchItemFailures: givenBack.map(({ messageId }) => ({ itemIdentifier: messageId })) };
    },

    async sweep(): Promise<void> {
      const { applied, waiting, forPerson, failed } = await subscriber.sweep();
      for (const { messageId, error } of failed) {
        logger.warn('parked message could not be applied', { messageId, error });
      }
      count({ Applied: applied, ParkedWaiting: waiting, ParkedForPerson: forPerson, SweepFailures: failed.length });
    },
  };
}
