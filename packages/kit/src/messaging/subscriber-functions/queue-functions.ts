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

/** Where messages come from, and are set aside. */
export interface QueueSettings {
  /** The consumer's own table: contracts/subscriber-table.ts says how it is laid out. */
  tableName: string;
  queueUrl: string;
  /** The queue of its dead letters: the sweep empties it. */
  deadLettersUrl: string;
  /** Of a queue behind a topic, the dead letters of its subscription. */
  undeliveredUrl?: string | undefined;
  /** Reads messages that are no CloudEvents of the kit: `foreign`. */
  read?: ReadEnvelope;
}

export interface QueueFunctionsOptions extends Pick<ConsumeOptions, 'together' | 'capability' | 'mode' | 'now'> {
  /** Of the consumer. */
  name: string;
  observability: Observability;
  sqs: SQSClient;
  subscriber: Subscriber;
}

export const nameOfQueue = (url: string): string => url.split('/').at(-1) ?? '';

/** The two functions of what takes messages from a queue. */
export function queueFunctions(settings: QueueSettings, options: QueueFunctionsOptions) {
  const { queueUrl, deadLettersUrl, undeliveredUrl, read } = settings;
  const { observability, sqs: client, subscriber, now } = options;
  const { logger } = observability;
  const setAsideDeadLetters = createDeadLetters({
    client,
    queues: [
      { url: deadLettersUrl, cause: 'died' },
      ...(undeliveredUrl ? [{ url: undeliveredUrl, cause: 'undelivered' as const }] : []),
    ],
    setAside: subscriber.setAside,
    onFailure: (body, error) => logger.warn('dead letter not set aside', { ...logFieldsOf(body, read), error }),
  });
  const redeliver = createRedelivery({ client, queueUrl, now, random: Math.random });

  /** What surrounds every invocation: its budget of time; and what was measured and traced is told before it ends. */
  const invocation = <T>(context: Context, run: () => Promise<T>): Promise<T> =>
    flushed(() => withinBudget(() => context.getRemainingTimeInMillis(), run));

  const consume = createConsume({ ...options, ...observability, redeliver, read });
  const sweep = createSweepFunction({ ...options, ...observability, setAsideDeadLetters });
  return {
    consume: (event: SQSEvent, context: Context): Promise<SQSBatchResponse> =>
      invocation(context, () => consume(event)),
    sweep: (event: ParkingRequest | object, context: Context): Promise<ParkingAnswer | undefined> =>
      invocation(context, () => sweep(event, context)),
  };
}
