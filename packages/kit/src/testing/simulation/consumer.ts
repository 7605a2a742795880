import type { SQSRecord } from 'aws-lambda';
import type { ConsumerDescriptor } from '../../contracts/consumer.ts';
import type { MessageContract } from '../../contracts/contract.ts';
import { consume } from '../../messaging/consumer.ts';
import type { HandlerContext } from '../../messaging/consumer-functions.ts';
import { createCorrespondence } from '../../messaging/correspondence.ts';
import { createDeadLetters } from '../../messaging/dead-letters.ts';
import type { Discard } from '../../messaging/discard.ts';
import { parkedMessageOf } from '../../messaging/dynamodb-subscriber-store/parked.ts';
import { createSubscriberStore } from '../../messaging/dynamodb-subscriber-store.ts';
import { PostponedError } from '../../messaging/errors.ts';
import type { Handlers } from '../../messaging/handlers.ts';
import type { ReleaseReport } from '../../messaging/parking.ts';
import { createRedelivery } from '../../messaging/redelivery.ts';
import { type Addresses, batchingSender, createSender } from '../../messaging/sender.ts';
import { createSubscriber } from '../../messaging/subscriber.ts';
import type { ParkedMessage } from '../../messaging/subscriber-store.ts';
import type { Choices } from './choices.ts';
import type { Queue } from './queue.ts';
import { type Queues, urlOf } from './queues.ts';
import type { Instance, Scheduler } from './scheduler.ts';
import type { Tables } from './tables.ts';

const VISIBILITY_MS = 60_000;
const CONSUME_TIMEOUT_MS = 10_000;
const SWEEP_TIMEOUT_MS = 60_000;
/** As in production, a message of a paused capability is redelivered after a few seconds. */
const PAUSE_MS = 5_000;

export type Mode = 'on' | 'pause' | 'skip';

/** The purpose of an instance. With `release`, an operator redrives parked messages and also releases held messages. */
export type Purpose = 'consume' | 'sweep' | 'redrive' | 'release' | 'discard';

export interface ConsumerOptions {
  descriptor: ConsumerDescriptor;
  scheduler: Scheduler;
  choices: Choices;
  tables: Tables;
  queues: Queues;
  /** Addresses of the channels to which the consumer sends messages. */
  addresses: Addresses;
  joinsLate: boolean;
  /** The number of receives after which the consumer's queue moves a message to the dead-letter queue. */
  maxReceives: number;
  handlers: (context: HandlerContext, instance: Instance) => Handlers<MessageContract>;
  /** Called for each message that the consumer's queue accepts from a sender. */
  onSent?: (body: string) => void;
  /** Called for each instance that starts. */
  onBegin?: (instance: Instance, purpose: Purpose) => void;
  /** Returns the mode of the consumer's capability to an instance that checks it. */
  mode?: (instance: Instance) => Mode;
}

/** One consumer: its queues, its table, and the kit's functions that use them. */
export class Consumer {
  readonly name: string;
  readonly queue: Queue;
  readonly deadLetters: Queue;
  readonly undelivered: Queue;
  readonly #options: ConsumerOptions;

  constructor(options: ConsumerOptions) {
    this.#options = options;
    const { descriptor, queues, tables, maxReceives, onSent } = options;
    this.name = descriptor.name;
    tables.create(this.name);
    const nameOf = (suffix: string) => `${this.name}${suffix}${descriptor.of.ordered ? '.fifo' : ''}`;
    const common = { visibilityMs: VISIBILITY_MS };
    this.deadLetters = queues.create({ name: nameOf('-dlq'), ...common });
    this.undelivered = queues.create({ name: nameOf('-undelivered'), ...common });
    this.queue = queues.create({
      name: nameOf(''),
      ...common,
      deadLetters: { queue: this.deadLetters, maxReceives },
      ...(descriptor.of.kind === 'queue' && onSent && { onSent }),
    });
  }

  /** Whether the consumer's dead-letter queues have messages, which only the sweep processes. */
  get hasDeadLetters(): boolean {
    return this.deadLetters.availableGroups.length > 0 || this.undelivered.availableGroups.length > 0;
  }

  get parked(): ParkedMessage[] {
    return this.#options.tables
      .items(this.name)
      .filter(({ parkedAggregate }) => parkedAggregate !== undefined)
      .map(parkedMessageOf);
  }

  /** A value that changes until the consumer is at rest. */
  get signature(): unknown {
    return [
      [this.queue, this.deadLetters, this.undelivered].map(({ messages }) => messages.map(({ receives }) => receives)),
      this.parked.map(({ version, reason, unanswered }) => [version, reason, unanswered]),
    ];
  }

  /** Assembles the kit's own code the way `subscriberFunctions` does. */
  #subscriberOf(instance: Instance) {
    const { descriptor, scheduler, choices, tables, queues, addresses, joinsLate, handlers, mode } = this.#options;
    const { of: channel, reads, cursorKey, idempotent = false, source } = descriptor;
    const now = () => new Date(scheduler.now + instance.skewMs);
    const client = tables.clientOf(instance);
    let ids = 0;
    const newId = () => `${instance.name}/${++ids}`;
    const sender = batchingSender(
      createSender({ sqs: queues.clientOf(instance), addresses }),
      () => new Promise(() => {}),
    );
    const context = {
      ...{ client, tableName: this.name, now, newId },
      correspondence: createCorrespondence({ source, channels: addresses }),
      mode: async () => mode?.(instance) ?? 'on',
    };
    instance.gathers = idempotent;
    const subscriber = createSubscriber<MessageContract>({
      store: createSubscriberStore({ client, tableName: this.name, cursorKey }),
      queueName: this.queue.name,
      joinsLate,
      contracts: reads,
      channel,
      handlers: handlers(context, instance),
      idempotent,
      unordered: idempotent || !channel.ordered,
      mayReplyOn: (name) => Object.hasOwn(addresses, name),
      sender,
      now,
      newId,
      random: () => choices.below(4) / 4,
    });
    return { ...subscriber, during: sender.during };
  }

  /** Receives a batch from the queue and starts an instance that processes the batch, as Lambda does. */
  receive(): void {
    const { scheduler, choices, mode = () => 'on' } = this.#options;
    const records = this.queue.receive();
    if (records.length === 0) return;
    scheduler.log(() => `${this.queue.name} delivers ${records.map(descriptionOf).join(', ')}`);
    // Some instances outlive the visibility timeout of their messages, so another instance receives the messages too.
    const timeout = choices.below(3) === 2 ? Number.POSITIVE_INFINITY : CONSUME_TIMEOUT_MS;
    this.#invoke(
      'consume',
      timeout,
      async (instance) => {
        const currentMode = mode(instance);
        const { apply, hold, isSuspect, during } = this.#subscriberOf(instance);
        const event = { Records: records };
        const paused = async () => {
          throw new PostponedError('it is paused', new Date(scheduler.now + PAUSE_MS));
        };
        const { returned } =
          currentMode === 'pause'
            ? await consume(event, paused)
            : currentMode === 'skip'
              ? await consume(event, (delivery) => during(() => hold(delivery, 'it is skipped')))
              : await consume(event, (delivery) => during(() => apply(delivery)), isSuspect);
        const client = this.#options.queues.clientOf(instance);
        const now = () => new Date(scheduler.now);
        const redeliver = createRedelivery({ client, queueUrl: urlOf(this.queue), now, random: () => 0 });
        await redeliver(returned).catch(() => {});
        return new Set(returned.map(({ record }) => record));
      },
      (returned) => {
        const done = records.filter((record) => !returned.has(record));
        // An acknowledgement can be lost.
        if (choices.below(12) < 11) this.queue.delete(done.map(({ receiptHandle }) => receiptHandle));
      },
    );
  }

  /** Parks dead letters, then tries parked messages. */
  sweep(onReport: (report: ReleaseReport) => void = () => {}): void {
    const { choices, queues, mode = () => 'on' } = this.#options;
    // Sometimes the sweep runs out of time.
    const mayContinue = () => choices.below(8) < 7;
    this.#invoke('sweep', SWEEP_TIMEOUT_MS, async (instance) => {
      const subscriber = this.#subscriberOf(instance);
      await createDeadLetters({
        client: queues.clientOf(instance),
        queues: [
          { url: urlOf(this.deadLetters), cause: 'died' },
          { url: urlOf(this.undelivered), cause: 'undelivered' },
        ],
        park: subscriber.parkDeadLetter,
        onFailure: () => {},
      })(mayContinue);
      await subscriber.sweep(mayContinue, onReport, async () => mode(instance) !== 'on');
    });
  }

  /**
   * Redrives parked messages, as an operator can.
   * @param released whether to release held messages too
   */
  redrive(released = this.#options.choices.below(3) < 2): void {
    const aggregates = [...new Set(this.parked.map(({ aggregateId }) => aggregateId))];
    this.#invoke(released ? 'release' : 'redrive', SWEEP_TIMEOUT_MS, (instance) =>
      this.#subscriberOf(instance).redrive(aggregates, () => true, released),
    );
  }

  /** Tries to discard a message or a missing version, as an operator can. */
  discard(key: Parameters<Discard>[0], because: string, done: () => void): void {
    const discard = (instance: Instance) => this.#subscriberOf(instance).discard(key, because);
    this.#invoke('discard', SWEEP_TIMEOUT_MS, discard, done);
  }

  #invoke<T>(
    purpose: Purpose,
    timeoutMs: number,
    run: (instance: Instance) => Promise<T>,
    done: (result: T) => void = () => {},
  ): void {
    this.#options.scheduler.invoke(
      `${this.name}-${purpose}`,
      timeoutMs,
      (instance) => {
        this.#options.onBegin?.(instance, purpose);
        return run(instance);
      },
      (result) => {
        if (!(result instanceof Error)) done(result);
        else if (purpose === 'consume') throw result;
      },
    );
  }
}

/** A received message, for the trace. */
function descriptionOf({ body, attributes }: SQSRecord): string {
  const [, subject = '(unreadable)'] = /"subject":"([^"]*)"/.exec(body) ?? [];
  const [, type = ''] = /"type":"([^"]*)"/.exec(body) ?? [];
  const [, version] = /"sequence":"0*(\d+)"/.exec(body) ?? [];
  const receives = Number(attributes.ApproximateReceiveCount);
  const repeated = receives > 1 ? ` (receive ${receives})` : '';
  return `${[subject, ...(version ? [`v${version}`] : []), type].join(' ')}${repeated}`;
}
