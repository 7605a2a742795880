import { consume } from '@rollcall/kit/messaging/consumer';
import { createCorrespondence } from '@rollcall/kit/messaging/correspondence';
import { createDeadLetters } from '@rollcall/kit/messaging/dead-letters';
import { createSubscriberStore } from '@rollcall/kit/messaging/dynamodb-subscriber-store';
import { PostponedError } from '@rollcall/kit/messaging/errors';
import type { Place } from '@rollcall/kit/messaging/message';
import { createRedelivery } from '@rollcall/kit/messaging/redelivery';
import { createSender, gathering } from '@rollcall/kit/messaging/sender';
import { createSubscriber } from '@rollcall/kit/messaging/subscriber';
import type { ParkedMessage } from '@rollcall/kit/messaging/subscriber-store';
import { memberRegistered } from '../../shared/contracts/member-registered.v1.ts';
import { memberRegisteredV2 } from '../../shared/contracts/member-registered.v2.ts';
import { registered } from '../support/builders.ts';
import { ConsumerObserver, type Permit } from './consumer-observer.ts';
import { type Breakage, breakable } from './handlers.ts';
import type { ConsumerRecord, Version } from './history.ts';
import type { Provider } from './provider.ts';
import { type Queue, type Queues, urlOf } from './queues.ts';
import type { Choices, Instance, Scheduler } from './scheduler.ts';
import type { Service } from './services.ts';
import type { Switches } from './switches.ts';
import type { Tables } from './tables.ts';
import type { Subscription } from './topic.ts';

const VISIBILITY_MS = 60_000;
const CONSUME_TIMEOUT_MS = 10_000;
const SWEEP_TIMEOUT_MS = 60_000;
/** As in production, a message of a capability that is paused comes again after some seconds. */
const PAUSE_MS = 5_000;

const GARBAGE = '{"this is":';

export interface ConsumerModelOptions {
  service: Service;
  scheduler: Scheduler;
  choices: Choices;
  tables: Tables;
  queues: Queues;
  switches: Switches;
  provider: Provider;
  early: boolean;
  maxReceives: number;
  /** How its handler of a message is broken, if it is. */
  breakage: (place: Place) => Breakage | undefined;
  textsOf: (place: Place) => number;
  /** Told of each message that its queue takes from a sender. */
  onSent: (body: string) => void;
}

/** One consumer: its queues, its table, and the kit's functions on them. */
export class ConsumerModel {
  readonly name: string;
  readonly service: Service;
  readonly queue: Queue;
  readonly deadLetters: Queue;
  readonly undelivered: Queue;
  readonly observer: ConsumerObserver;
  readonly #options: ConsumerModelOptions;

  constructor(options: ConsumerModelOptions) {
    this.#options = options;
    const { service, queues, tables, maxReceives } = options;
    this.service = service;
    this.name = service.name;
    tables.create(this.name);
    const nameOf = (suffix: string) => `${this.name}${suffix}${service.of.ordered ? '.fifo' : ''}`;
    const common = { visibilityMs: VISIBILITY_MS };
    this.deadLetters = queues.create({ name: nameOf('-dlq'), ...common });
    this.undelivered = queues.create({ name: nameOf('-undelivered'), ...common });
    this.observer = new ConsumerObserver({ ...options, name: this.name });
    this.queue = queues.create({
      name: nameOf(''),
      ...common,
      deadLetters: { queue: this.deadLetters, maxReceives },
      ...(service.of.kind === 'queue' && { onSent: this.#onSent }),
    });
  }

  readonly #onSent = (body: string): void => {
    this.observer.onSent(body);
    this.#options.onSent(body);
  };

  /** The SMS service reads registrations in their first rendition, the others in their second. */
  get subscription(): Subscription {
    const { queue, undelivered, service } = this;
    const [older, newer] = [memberRegistered.type, memberRegisteredV2.type];
    const isBehind = service.reads.some(({ type }) => type === older);
    return { queue, undelivered, without: [isBehind ? newer : older], onDelivered: this.observer.onDelivered };
  }

  /** Whether messages lie where nobody takes them but the sweep. */
  get hasGivenUp(): boolean {
    return this.deadLetters.open.length > 0 || this.undelivered.open.length > 0;
  }

  get history(): ConsumerRecord {
    return this.observer.history;
  }

  get parked(): ParkedMessage[] {
    return this.observer.parked;
  }

  #subscriberOf(instance: Instance) {
    const { service, scheduler, choices, tables, queues, provider, breakage } = this.#options;
    const { of: channel, reads, cursorKey, idempotent = false, source } = service;
    const now = () => new Date(scheduler.now + instance.skewMs);
    const addresses = Object.fromEntries(
      ['registration-replies', 'registration-outcomes', 'sms-commands'].map((name) => [name, urlOf({ name })]),
    );
    const client = tables.clientOf(instance);
    let ids = 0;
    const newId = () => `${instance.name}/${++ids}`;
    const sender = gathering(createSender({ sqs: queues.clientOf(instance), addresses }), () => new Promise(() => {}));
    const own = {
      ...{ client, now, newId },
      correspondence: createCorrespondence({ source, channels: addresses }),
      sendText: provider.sendTextOf(instance),
    };
    instance.gathers = idempotent;
    const subscriber = createSubscriber<never>({
      store: createSubscriberStore({ client, tableName: this.name, cursorKey }),
      queueName: this.queue.name,
      joinsLate: !this.history.early,
      contracts: reads as never,
      channel,
      handlers: breakable(service, service.handlers(own), {
        breakage,
        die: () => {
          scheduler.crash(instance);
          return new Promise(() => {});
        },
      }),
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

  /** Lambda takes a batch from the queue. */
  receive(): void {
    const { scheduler, choices, switches, service } = this.#options;
    const records = this.queue.receive();
    if (records.length === 0) return;
    // Some outlive the visibility of their messages: another instance gets them too.
    const timeout = choices.below(3) === 2 ? Number.POSITIVE_INFINITY : CONSUME_TIMEOUT_MS;
    this.#invoke(
      'consume',
      timeout,
      { of: 'consume' },
      async (instance, permit) => {
        const mode = switches.modeOf(service.capability);
        permit.isOff = mode !== 'on';
        const { apply, hold, isSuspect, during } = this.#subscriberOf(instance);
        const event = { Records: records };
        const paused = async () => {
          throw new PostponedError('it is paused', new Date(scheduler.now + PAUSE_MS));
        };
        // As `subscriberFunctions` does it.
        const { givenBack } =
          mode === 'pause'
            ? await consume(event, paused)
            : mode === 'skip'
              ? await consume(event, (delivery) => during(() => hold(delivery, 'it is skipped')))
              : await consume(event, (delivery) => during(() => apply(delivery)), isSuspect);
        const client = this.#options.queues.clientOf(instance);
        const now = () => new Date(scheduler.now);
        const redeliver = createRedelivery({ client, queueUrl: urlOf(this.queue), now, random: () => 0 });
        await redeliver(givenBack).catch(() => {});
        return new Set(givenBack.map(({ record }) => record));
      },
      (givenBack) => {
        const done = records.filter((record) => !givenBack.has(record));
        // An acknowledgement can be lost.
        if (choices.below(12) < 11) this.queue.delete(done.map(({ receiptHandle }) => receiptHandle));
      },
    );
  }

  /** Sets aside what its queues have given up; then tries what is parked. As `subscriberFunctions` does it. */
  sweep(): void {
    const { choices, queues, switches, service } = this.#options;
    const told = this.observer.beginSweep();
    // Now and then its time is over in the middle.
    const mayGoOn = () => choices.below(8) < 7;
    this.#invoke('sweep', SWEEP_TIMEOUT_MS, { of: 'sweep' }, async (instance, permit) => {
      const subscriber = this.#subscriberOf(instance);
      await createDeadLetters({
        client: queues.clientOf(instance),
        queues: [
          { url: urlOf(this.deadLetters), cause: 'died' },
          { url: urlOf(this.undelivered), cause: 'undelivered' },
        ],
        setAside: subscriber.setAside,
        onFailure: () => {},
      })(mayGoOn);
      await subscriber.sweep(
        mayGoOn,
        ({ aggregateId, forPerson }) => {
          if (forPerson > 0) told.add(aggregateId);
        },
        async () => {
          const isOff = switches.modeOf(service.capability) !== 'on';
          permit.isOff = isOff && permit.isOff !== false;
          return isOff;
        },
      );
    });
  }

  /** A person has what is parked tried again. @param released also what is held */
  redrive(released = this.#options.choices.below(3) < 2): void {
    const aggregates = [...new Set(this.parked.map(({ aggregateId }) => aggregateId))];
    this.#invoke('redrive', SWEEP_TIMEOUT_MS, { of: released ? 'release' : 'redrive' }, (instance) =>
      this.#subscriberOf(instance).redrive(aggregates, () => true, released),
    );
  }

  /**
   * A person gives up a message, or a version that did not come, or tries to.
   * @param mayGiveUp of one that did not come: whoever asks whether its member has left does not give up their leaving
   */
  discard(mayGiveUp: (place: Version) => boolean): void {
    const { choices } = this.#options;
    const all = this.parked;
    const parked = all[choices.below(all.length)];
    if (!parked) return;
    const { aggregateId, version, messageId } = parked;
    const before = { aggregateId, version: version - 1 };
    const isMissing = choices.below(4) === 3 && version > 1 && mayGiveUp(before);
    const key = isMissing ? before : { aggregateId, version, messageId };
    this.#invoke('discard', SWEEP_TIMEOUT_MS, { of: 'discard' }, async (instance) => {
      this.history.unfinished.add(aggregateId);
      await this.#subscriberOf(instance).discard(key, 'not wanted');
      this.history.unfinished.delete(aggregateId);
    });
  }

  #invoke<T>(
    what: string,
    timeoutMs: number,
    permit: Permit,
    run: (instance: Instance, permit: Permit) => Promise<T>,
    done: (result: T) => void = () => {},
  ): void {
    this.#options.scheduler.invoke(
      `${this.name}-${what}`,
      timeoutMs,
      (instance) => {
        this.observer.permit(instance, permit);
        return run(instance, permit);
      },
      (result) => {
        if (!(result instanceof Error)) done(result);
        else if (what === 'consume') throw result;
      },
    );
  }

  sendGarbage(): void {
    const id = `garbage-${++this.history.garbage}`;
    this.queue.send(GARBAGE, id, id);
  }

  /** A message that nobody sent, of a version far ahead, or that claims to come after the last one. */
  sendForged({ aggregateId, version }: Version, n: number): void {
    const forged = { ...registered(aggregateId, version), id: `forged-${n}` };
    this.queue.send(JSON.stringify(forged), forged.id, forged.id);
  }
}
