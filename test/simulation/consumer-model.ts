import type { HandlerContext } from '@rollcall/kit/internal/messaging/consumer-functions';
import type { MessagePosition } from '@rollcall/kit/internal/messaging/message';
import type { ParkedMessage } from '@rollcall/kit/internal/messaging/subscriber-store';
import type { Choices } from '@rollcall/kit/internal/testing/simulation/choices';
import { Consumer } from '@rollcall/kit/internal/testing/simulation/consumer';
import type { Queue } from '@rollcall/kit/internal/testing/simulation/queue';
import { type Queues, urlOf } from '@rollcall/kit/internal/testing/simulation/queues';
import type { Instance, Scheduler } from '@rollcall/kit/internal/testing/simulation/scheduler';
import type { Tables } from '@rollcall/kit/internal/testing/simulation/tables';
import type { Subscription } from '@rollcall/kit/internal/testing/simulation/topics';
import { memberRegistered } from '../../shared/contracts/member-registered.v1.ts';
import { memberRegisteredV2 } from '../../shared/contracts/member-registered.v2.ts';
import { registered } from '../support/builders.ts';
import { ConsumerObserver } from './consumer-observer.ts';
import { type Breakage, breakable } from './handlers.ts';
import type { ConsumerRecord, Version } from './history.ts';
import type { Provider } from './provider.ts';
import type { Service } from './services.ts';
import type { Switches } from './switches.ts';

const GARBAGE = '{"this is":';

const ADDRESSES = Object.fromEntries(
  ['registration-replies', 'registration-outcomes', 'sms-commands'].map((name) => [name, urlOf({ name })]),
);

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
  /** Returns how the handler fails for a message. Undefined: the handler does not fail. */
  breakage: (place: MessagePosition) => Breakage | undefined;
  /** Returns the number of SMS that were sent for a message. */
  textsOf: (place: MessagePosition) => number;
  /** Called for each command or reply that the consumer's queue accepts. */
  onSent: (body: string) => void;
}

/** A consumer of the member application, with injectable failures and an observer. */
export class ConsumerModel {
  readonly service: Service;
  readonly observer: ConsumerObserver;
  readonly #consumer: Consumer;
  readonly #options: ConsumerModelOptions;

  constructor(options: ConsumerModelOptions) {
    this.#options = options;
    const { service, early, switches } = options;
    this.service = service;
    this.#consumer = new Consumer({
      ...options,
      descriptor: service,
      addresses: ADDRESSES,
      joinsLate: !early,
      handlers: this.#handlers,
      onSent: this.#onSent,
      onBegin: (instance, purpose) => this.observer.permit(instance, purpose),
      mode: (instance) => {
        const mode = switches.modeOf(service.capability);
        this.observer.onMode(instance, mode);
        return mode;
      },
    });
    this.observer = new ConsumerObserver({ ...options, name: this.name, parked: () => this.parked });
  }

  readonly #handlers = (context: HandlerContext, instance: Instance) => {
    const { service, scheduler, provider, breakage } = this.#options;
    return breakable(service, service.handlers({ ...context, sendText: provider.sendTextOf(instance) }), {
      breakage,
      onState: this.observer.onState,
      crash: () => {
        scheduler.crash(instance);
        return new Promise(() => {});
      },
    });
  };

  readonly #onSent = (body: string): void => {
    this.observer.onSent(body);
    this.#options.onSent(body);
  };

  get name(): string {
    return this.#consumer.name;
  }

  get queue(): Queue {
    return this.#consumer.queue;
  }

  get hasDeadLetters(): boolean {
    return this.#consumer.hasDeadLetters;
  }

  get parked(): ParkedMessage[] {
    return this.#consumer.parked;
  }

  get history(): ConsumerRecord {
    return this.observer.history;
  }

  get signature(): unknown {
    return [this.name, this.history.applied.length, this.#consumer.signature];
  }

  /** The SMS service reads the first rendition of registrations. The other services read the second rendition. */
  get subscription(): Subscription {
    const { queue, undelivered } = this.#consumer;
    const [older, newer] = [memberRegistered.type, memberRegisteredV2.type];
    const isBehind = this.service.reads.some(({ type }) => type === older);
    return { queue, undelivered, without: [isBehind ? newer : older], onDelivered: this.observer.onDelivered };
  }

  receive(): void {
    this.#consumer.receive();
  }

  sweep(): void {
    const reported = this.observer.beginSweep();
    this.#consumer.sweep(({ aggregateId, forPerson }) => {
      if (forPerson > 0) reported.add(aggregateId);
    });
  }

  redrive(released?: boolean): void {
    this.#consumer.redrive(released);
  }

  /**
   * Tries to discard a message or a missing version, as an operator can. The kit may refuse the discard.
   * @param mayGiveUp whether a missing version may be discarded; an operator does not discard a deactivation
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
    const { unfinished } = this.history;
    unfinished.add(aggregateId);
    this.#consumer.discard(key, 'not wanted', () => unfinished.delete(aggregateId));
  }

  sendGarbage(): void {
    const id = `garbage-${++this.history.garbage}`;
    this.queue.send(GARBAGE, id, id);
  }

  /** Sends a forged message. */
  sendForged({ aggregateId, version }: Version, n: number): void {
    const forged = { ...registered(aggregateId, version), id: `forged-${n}` };
    this.queue.send(JSON.stringify(forged), forged.id, forged.id);
  }
}
