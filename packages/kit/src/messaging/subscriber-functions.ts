import { SQSClient } from '@aws-sdk/client-sqs';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { SpanKind } from '@opentelemetry/api';
import type { Context, SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import { v7 as newId } from 'uuid';
import * as z from 'zod';
import { clientDefaults, createDynamoDB } from '../aws/clients.ts';
import { addresses, readEnvironment, text } from '../aws/environment.ts';
import type { Channel } from '../contracts/channel.ts';
import type { ConsumerDescriptor } from '../contracts/consumer.ts';
import type { MessageContract } from '../contracts/contract.ts';
import { createObservability } from '../observability/observability.ts';
import { traced } from '../observability/spans.ts';
import { flushed } from '../observability/tracing.ts';
import { withinBudget } from '../resilience/budget.ts';
import { createSwitches } from '../resilience/switches.ts';
import type { Handlers } from './applier.ts';
import { type ConsumerReport, consume } from './consumer.ts';
import { type Correspondence, createCorrespondence } from './correspondence.ts';
import { createDeadLetters } from './dead-letters.ts';
import { createSubscriberStore } from './dynamodb-subscriber-store.ts';
import { isPermanent, PostponedError } from './errors.ts';
import { logFieldsOf } from './message.ts';
import { type ParkingAnswer, type ParkingRequest, parkingRequestOf } from './operator-request.ts';
import { createRedelivery } from './redelivery.ts';
import { hasTime } from './remaining-time.ts';
import { createSender, gathering } from './sender.ts';
import { createSubscriber } from './subscriber.ts';

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

const cameBefore = ({ attributes }: SQSRecord) => Number(attributes.ApproximateReceiveCount) > 1;

/** A message of a capability that is paused comes again after so long, and a second more each time. */
const SHORTEST_PAUSE_MS = 4_000;

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
    unordered: !channel.ordered,
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

  function responseTo({ outcomes, failures, givenBack }: ConsumerReport): SQSBatchResponse {
    for (const { body, error } of failures) {
      const about = logFieldsOf(body);
      // Of these there may be thousands, and none is news.
      if (error instanceof PostponedError) logger.debug('message postponed', { ...about, because: error.message });
      else logger.warn('message given back', { ...about, error });
    }
    count({
      Applied: outcomes.applied,
      Duplicates: outcomes.duplicate,
      Ignored: outcomes.ignored,
      Parked: outcomes.parked,
      GivenBack: givenBack.length,
      Postponed: givenBack.filter(({ until }) => until).length,
    });
    return { batchItemFailures: givenBack.map(({ record }) => ({ itemIdentifier: record.messageId })) };
  }

  /** Applies a batch, or does with it as the capability is switched. */
  async function consumeAs(switched: string, event: SQSEvent): Promise<ConsumerReport> {
    if (switched === 'skip')
      return consume(event, (delivery) => together(() => subscriber.hold(delivery, `${capability} is skipped`)));
    if (switched !== 'pause')
      return consume(event, (delivery) => together(() => subscriber.apply(delivery)), subscriber.isSuspect);
    return consume(event, async ({ receives }) => {
      const pauseMs = SHORTEST_PAUSE_MS + receives * 1_000;
      throw new PostponedError(`${capability} is paused`, new Date(now().getTime() + pauseMs));
    });
  }

  /** What surrounds every invocation: its budget of time; and what was measured and traced is told before it ends. */
  const invocation = <T>(context: Context, run: () => Promise<T>): Promise<T> =>
    flushed(() => withinBudget(() => context.getRemainingTimeInMillis(), run));

  async function sweepAll(context: Context): Promise<void> {
    const totals = { Applied: 0, Parked: 0, ParkedWaiting: 0, ParkedForPerson: 0, SweepFailures: 0 };
    try {
      // Before all: what is parked may wait for one of them.
      // It leaves half of its time to what is parked.
      const half = context.getRemainingTimeInMillis() / 2;
      const { setAside, left, isEmpty } = await setAsideDeadLetters(() => context.getRemainingTimeInMillis() > half);
      totals.Parked += setAside;
      totals.SweepFailures += left;
      await subscriber.sweep(
        () => hasTime(context),
        (report) => {
          totals.Applied += report.applied;
          totals.ParkedWaiting += report.waiting;
          totals.ParkedForPerson += report.forPerson;
          if (report.error === undefined) return;
          totals.SweepFailures++;
          logger.warn('parked message could not be applied', { ...report });
        },
        async () => ['pause', 'skip'].includes(await mode()),
        !isEmpty,
      );
    } finally {
      count(totals);
    }
  }

  async function answer(request: ParkingRequest, context: Context): Promise<ParkingAnswer> {
    if ('redrive' in request && (await mode()) === 'pause') return { refused: `${capability} is paused` };
    if ('redrive' in request) {
      const { redrive, release = false } = request;
      return { reports: await subscriber.redrive(redrive, () => hasTime(context), release) };
    }
    try {
      await subscriber.discard(request.discard, request.because);
    } catch (error) {
      if (!isPermanent(error)) throw error;
      return { refused: error.message };
    }
    logger.info('discarded', { ...request.discard, because: request.because });
    return { discarded: request.discard };
  }

  return {
    consume: (event: SQSEvent, context: Context): Promise<SQSBatchResponse> =>
      invocation(context, async () => {
        const report = await consumeAs(await mode(), event);
        try {
          await redeliver(report.givenBack);
        } catch (error) {
          // They come again all the same, if later: after the queue's visibility timeout.
          logger.warn('backoff not set', { error: error as Error });
        }
        count({ Redelivered: event.Records.filter(cameBefore).length });
        return responseTo(report);
      }),

    sweep: (event: ParkingRequest | object, context: Context): Promise<ParkingAnswer | undefined> =>
      invocation(context, async () => {
        const request = parkingRequestOf(event);
        if (!request) {
          await sweepAll(context);
          return undefined;
        }
        const asked = { kind: SpanKind.SERVER, attributes: { 'faas.invocation_id': context.awsRequestId } };
        return traced(`${'redrive' in request ? 'redrive' : 'discard'} ${name}`, asked, () => answer(request, context));
      }),
  };
}

function environmentOf(consumer: string) {
  const { AWS_LAMBDA_FUNCTION_NAME: name, ...environment } = readEnvironment(
    z.object({
      AWS_LAMBDA_FUNCTION_NAME: text,
      TABLE: text,
      QUEUE_URL: text,
      DEAD_LETTERS_URL: text,
      UNDELIVERED_URL: text.optional(),
      JOINS_LATE: z.stringbool(),
      CHANNELS: addresses,
      SWITCHES_TABLE: text,
      SENDER_PREFIX: text.optional(),
    }),
  );
  if (name.endsWith(`-${consumer}-consume`) || name.endsWith(`-${consumer}-sweep`)) return environment;
  throw new Error(`the function ${name} has the handlers of consumer ${consumer}: its \`entry\` is another consumer's`);
}
