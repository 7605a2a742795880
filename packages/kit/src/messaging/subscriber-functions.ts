import { SQSClient } from '@aws-sdk/client-sqs';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { Context, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { v7 as newId } from 'uuid';
import { clientDefaults, createDynamoDB } from '../aws/clients.ts';
import type { Channel } from '../contracts/channel.ts';
import type { ConsumerDescriptor } from '../contracts/consumer.ts';
import type { MessageContract } from '../contracts/contract.ts';
import { createObservability } from '../observability/observability.ts';
import { flushed } from '../observability/tracing.ts';
import { withinBudget } from '../resilience/budget.ts';
import { createSwitches } from '../resilience/switches.ts';
import { type Correspondence, createCorrespondence } from './correspondence.ts';
import { createDeadLetters } from './dead-letters.ts';
import { createSubscriberStore } from './dynamodb-subscriber-store.ts';
import type { Handlers } from './handlers.ts';
import { logFieldsOf } from './message.ts';
import type { ParkingAnswer, ParkingRequest } from './operator-request.ts';
import { createRedelivery } from './redelivery.ts';
import { createSender, gathering } from './sender.ts';
import { createSubscriber } from './subscriber.ts';
import { createConsume } from './subscriber-functions/consume.ts';
import { environmentOf } from './subscriber-functions/environment.ts';
import { createSweepFunction } from './subscriber-functions/sweep.ts';

/** What handlers are made with. */
export interface HandlerContext<Sends extends Channel = Channel> {
  client: DynamoDBDocumentClient;
  /** The consumer's own table. */
  tableName: string;
  now: () => Date;
  newId: () => string;
  correspondence: Correspondence<Sends>;
  /** How the capability is switched now. */
  mode: () => Promise<string>;
}

/**
 * The two Lambda functions of a consumer, named `…-NAME-consume` and `…-NAME-sweep`: one takes its messages, one
 * parks what ended among the dead letters, and sweeps what is parked. Their environment names its `TABLE`, its
 * `QUEUE_URL`, the queues of its dead letters (`DEAD_LETTERS_URL`) and of what SNS could not deliver
 * (`UNDELIVERED_URL`), whether it `JOINS_LATE`, the `CHANNELS` that
 * it may send to, the `SWITCHES_TABLE` and, if senders are verified, the `SENDER_PREFIX` of the stage's functions, as the
 * construct Consumer sets it.
 * @throws {Error} in a function of another name: it was deployed with the handlers of this consumer
 */
export function subscriberFunctions<C extends MessageContract, S extends Channel>(
  descriptor: ConsumerDescriptor<C, S>,
  handlers: (context: HandlerContext<S>) => Handlers<C>,
) {
  const { name, source, of: channel, reads, capability, cursorKey, idempotent = false } = descriptor;
  const { TABLE, QUEUE_URL, DEAD_LETTERS_URL, UNDELIVERED_URL, JOINS_LATE, CHANNELS, SWITCHES_TABLE, SENDER_PREFIX } =
    environmentOf(name);
  const { logger, count, measure } = createObservability(name);
  const client = createDynamoDB();
  const sqs = new SQSClient(clientDefaults);
  const now = () => new Date();
  const switches = createSwitches({
    client,
    tableName: SWITCHES_TABLE,
    now,
    logger,
  });
  const mode = async (): Promise<string> => (capability ? switches.mode(capability) : 'on');
  const correspondence = createCorrespondence<S>({ source, channels: CHANNELS });
  const sender = Object.keys(CHANNELS).length > 0 ? gathering(createSender({ sqs, addresses: CHANNELS })) : undefined;
  const together = <T>(run: () => Promise<T>) => (sender ? sender.during(run) : run());
  const subscriber = createSubscriber({
    store: createSubscriberStore({ client, tableName: TABLE, cursorKey }),
    queueName: QUEUE_URL.split('/').at(-1) ?? '',
    joinsLate: JOINS_LATE,
    contracts: reads,
    channel,
    // What comes by a topic was sent to the queue by SNS.
    senderPrefix: channel.kind === 'queue' ? SENDER_PREFIX : undefined,
    handlers: handlers({ client, tableName: TABLE, now, newId, correspondence, mode }),
    unordered: idempotent || !channel.ordered,
    idempotent,
    mayReplyOn: (channel) => Object.hasOwn(CHANNELS, channel),
    sender,
    now,
    newId,
    random: Math.random,
    onAttempt(attempted, lagMs) {
      if (attempted.outcome === 'applied') measure('ApplicationLag', 'Milliseconds', [lagMs]);
      if (attempted.outcome !== 'parked') return;
      const { reason, error } = attempted;
      // What waits for its predecessor is no news; what fails is somebody's work.
      logger[reason === 'failed' ? 'warn' : 'debug']('message parked', { reason, ...(error && { error }) });
    },
  });
  const setAsideDeadLetters = createDeadLetters({
    client: sqs,
    queues: [
      { url: DEAD_LETTERS_URL, cause: 'died' },
      ...(UNDELIVERED_URL ? [{ url: UNDELIVERED_URL, cause: 'undelivered' as const }] : []),
    ],
    setAside: subscriber.setAside,
    onFailure: (body, error) => logger.warn('dead letter not set aside', { ...logFieldsOf(body), error }),
  });
  const redeliver = createRedelivery({ client: sqs, queueUrl: QUEUE_URL, now, random: Math.random });

  /** What surrounds every invocation: its budget of time; and what was measured and traced is told before it ends. */
  const invocation = <T>(context: Context, run: () => Promise<T>): Promise<T> =>
    flushed(() => withinBudget(() => context.getRemainingTimeInMillis(), run));

  const told = { logger, count, capability, mode, subscriber };
  const consume = createConsume({ ...told, together, redeliver, now });
  const sweep = createSweepFunction({ ...told, name, setAsideDeadLetters });
  return {
    consume: (event: SQSEvent, context: Context): Promise<SQSBatchResponse> =>
      invocation(context, () => consume(event)),
    sweep: (event: ParkingRequest | object, context: Context): Promise<ParkingAnswer | undefined> =>
      invocation(context, () => sweep(event, context)),
  };
}
