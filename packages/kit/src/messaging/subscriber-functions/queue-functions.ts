import type { SQSClient } from '@aws-sdk/client-sqs';
import type { Context, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import type { Observability } from '../../observability/observability.ts';
import { flushed } from '../../observability/tracing.ts';
import { withinBudget } from '../../resilience/budget.ts';
import { createDeadLetters } from '../dead-letters.ts';
import { logFieldsOf, type ReadEnvelope } from '../message.ts';
import type { ParkingAnswer, ParkingRequest } from '../operator-request.ts';
import { createRedelivery } from '../redelivery.ts';
import type { Subscriber } from '../subscriber.ts';
import { type ConsumeOptions, createConsume } from './consume.ts';
import { createSweepFunction } from './sweep.ts';

/** The queue of a consumer, and the table in which its messages are parked. */
export interface QueueSettings {
  /** The consumer's own table. Layout: contracts/subscriber-table.ts. */
  tableName: string;
  queueUrl: string;
  /** URL of the dead-letter queue, which the sweep empties. */
  deadLettersUrl: string;
  /** For a queue that is subscribed to a topic: URL of the subscription's dead-letter queue. */
  undeliveredUrl?: string | undefined;
  /** Reads messages that are not CloudEvents of the kit. Created by `foreign`. */
  read?: ReadEnvelope;
}

export interface QueueFunctionsOptions extends Pick<ConsumeOptions, 'batchingSends' | 'capability' | 'mode' | 'now'> {
  /** Name of the consumer. */
  name: string;
  observability: Observability;
  sqs: SQSClient;
  subscriber: Subscriber;
}

export const nameOfQueue = (url: string): string => url.split('/').at(-1) ?? '';

/** Creates the two Lambda functions of a consumer of a queue. */
export function queueFunctions(settings: QueueSettings, options: QueueFunctionsOptions) {
  const { queueUrl, deadLettersUrl, undeliveredUrl, read } = settings;
  const { observability, sqs: client, subscriber, now } = options;
  const { logger } = observability;
  const parkDeadLetters = createDeadLetters({
    client,
    queues: [
      { url: deadLettersUrl, cause: 'died' },
      ...(undeliveredUrl ? [{ url: undeliveredUrl, cause: 'undelivered' as const }] : []),
    ],
    park: subscriber.parkDeadLetter,
    onFailure: (body, error) => logger.warn('dead letter not parked', { ...logFieldsOf(body, read), error }),
  });
  const redeliver = createRedelivery({ client, queueUrl, now, random: Math.random });

  /** Runs a whole invocation: sets its time budget, and writes its metrics and spans before it ends. */
  const invocation = <T>(context: Context, run: () => Promise<T>): Promise<T> =>
    flushed(() => withinBudget(() => context.getRemainingTimeInMillis(), run));

  const consume = createConsume({ ...options, ...observability, redeliver, read });
  const sweep = createSweepFunction({ ...options, ...observability, parkDeadLetters });
  return {
    consume: (event: SQSEvent, context: Context): Promise<SQSBatchResponse> =>
      invocation(context, () => consume(event)),
    sweep: (event: ParkingRequest | object, context: Context): Promise<ParkingAnswer | undefined> =>
      invocation(context, () => sweep(event, context)),
  };
}
