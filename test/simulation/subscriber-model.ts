import { contracts as guideContracts, journeyHandlers } from '../../functions/guide/journey.ts';
import type { SendText } from '../../functions/sms/texting.ts';
import { welcomeHandlers } from '../../functions/sms/welcome.ts';
import { memberDeactivated } from '../../shared/contracts/member-deactivated.v1.ts';
import { memberProfileChanged } from '../../shared/contracts/member-profile-changed.v1.ts';
import { memberRegistered } from '../../shared/contracts/member-registered.v1.ts';
import { memberRegisteredV2 } from '../../shared/contracts/member-registered.v2.ts';
import { type Handlers, handlersOf } from '../../shared/messaging/applier.ts';
import { consume } from '../../shared/messaging/consumer.ts';
import { createCorrespondence } from '../../shared/messaging/correspondence.ts';
import type { Cursor } from '../../shared/messaging/cursor.ts';
import { PermanentError, TransientError } from '../../shared/messaging/errors.ts';
import { versionOf } from '../../shared/messaging/message.ts';
import type { OutgoingMessage } from '../../shared/messaging/outgoing.ts';
import { createRedelivery } from '../../shared/messaging/redelivery.ts';
import type { Sender } from '../../shared/messaging/sender.ts';
import { createSubscriber } from '../../shared/messaging/subscriber.ts';
import type { Claim, Effect, ParkedMessage, SubscriberStore } from '../../shared/messaging/subscriber-store.ts';
import { registered } from '../support/builders.ts';
import { InMemorySubscriberStore } from '../support/in-memory-subscriber-store.ts';
import { FifoQueue } from './channels.ts';
import type { SubscriberHistory, SubscriberRecord } from './history.ts';
import type { Choices, Instance, Scheduler } from './scheduler.ts';

const VISIBILITY_MS = 60_000;
const CONSUME_TIMEOUT_MS = 10_000;
const SWEEP_TIMEOUT_MS = 60_000;
/** A lease holds for 15 seconds, of which getting it may take 5; and clocks differ by two seconds each way. */
const LEASE_HOLDS_MS = 6_000;

/** The SMS service has not moved yet: it reads registrations in their first rendition only. */
const smsContracts = [memberRegistered, memberProfileChanged, memberDeactivated] as const;

type Contract = (typeof smsContracts | typeof guideContracts)[number];

/** The one channel that subscribers send to. */
const REPLIES = { 'registration-replies': 'url' };

/** Until it is repaired, a handler fails for good, fails for now, or takes its function down. */
export type Breakage = 'for good' | 'for now' | 'fatally';

class RecordingStore extends InMemorySubscriberStore {
  onApplied: (aggregateId: string, version: number) => void = () => {};

  override async commit(aggregateId: string, after: number, next: Cursor, effect: Effect): Promise<Claim> {
    const claim = await super.commit(aggregateId, after, next, effect);
    if (claim.state === 'done' && effect.set?.effectOf) this.onApplied(aggregateId, Number(effect.set.effectOf));
    return claim;
  }
}

export interface SubscriberModelOptions {
  name: string;
  scheduler: Scheduler;
  choices: Choices;
  early: boolean;
  maxReceives: number;
  /** How its handler of a message is broken, if it is. */
  breakage: (aggregateId: string, version: number) => Breakage | undefined;
  texts: Map<string, number>;
  crowded: string[];
  messageIdOf: (aggregateId: string, version: number) => string;
}

/** One subscriber: its queues, its table, and the functions of the kit on them. */
export class SubscriberModel {
  readonly name: string;
  readonly store = new RecordingStore();
  readonly queue: FifoQueue;
  readonly deadLetters: FifoQueue;
  readonly undelivered: FifoQueue;
  readonly history: SubscriberRecord;
  /** The SMS service reads registrations in their first rendition, the others in their second. */
  readonly without: readonly string[];
  readonly #options: SubscriberModelOptions;
  /** What the index of parked messages showed last: it may be behind. */
  #index: ParkedMessage[][] = [];
  #told = new Set<string>();
  /** Calls of the provider that have not ended. */
  readonly #calls = new Set<{ key: string; by: Instance; since: number }>();

  constructor(options: SubscriberModelOptions) {
    this.#options = options;
    this.name = options.name;
    const { name, scheduler, choices, early, maxReceives, texts, messageIdOf } = options;
    const queue = (suffix: string) => new FifoQueue(`${name}${suffix}.fifo`, scheduler, choices, VISIBILITY_MS);
    this.deadLetters = queue('-dlq');
    this.undelivered = queue('-undelivered');
    this.history = {
      early,
      delivered: [],
      applied: [],
      discarded: [],
      replied: new Set(),
      garbage: 0,
    };
    this.without = [name === 'sms' ? memberRegisteredV2.type : memberRegistered.type];
    this.queue = new FifoQueue(`${name}.fifo`, scheduler, choices, VISIBILITY_MS, {
      queue: this.deadLetters,
      maxReceives,
    });
    this.store.onApplied = (aggregateId, version) => {
      const textsBefore = texts.get(messageIdOf(aggregateId, version)) ?? 0;
      this.history.applied.push({ aggregateId, version, textsBefore });
    };
  }

  #subscriberOf(instance: Instance) {
    const { scheduler, choices } = this.#options;
    const contracts: readonly Contract[] = this.name === 'sms' ? smsContracts : guideContracts;
    return createSubscriber<Contract>({
      store: this.#storeOf(instance),
      queueName: this.queue.name,
      joinsLate: !this.history.early,
      contracts,
      channel: { senders: 'any service', messages: contracts },
      handlers: this.#handlersOf(instance, contracts),
      sender: this.#senderOf(instance),
      now: () => new Date(scheduler.now + instance.skewMs),
      newId: () => instance.name,
      random: () => choices.below(4) / 4,
    });
  }

  #senderOf(instance: Instance): Sender {
    const send: Sender['send'] = (messages) =>
      this.#options.scheduler
        .call(instance, `replies for ${messages.map(({ group }) => group)}`, () => {
          for (const { group } of messages) this.history.replied.add(group);
          return new Map<OutgoingMessage, Error>();
        })
        .catch((error: Error) => new Map(messages.map((message) => [message, error])));
    return { send };
  }

  #handlersOf(instance: Instance, contracts: readonly Contract[]): Handlers<Contract> {
    const { scheduler, breakage, texts, crowded } = this.#options;
    const sendText: SendText = async ({ idempotencyKey }) => {
      const atWork = [...this.#calls].filter(({ key, by, since }) => {
        const holdsLease = by.alive && scheduler.now - since < LEASE_HOLDS_MS;
        return key === idempotencyKey && (by === instance || holdsLease);
      });
      if (atWork.length > 0) crowded.push(idempotencyKey);
      const own = { key: idempotencyKey, by: instance, since: scheduler.now };
      this.#calls.add(own);
      try {
        await scheduler.call(instance, `sends the text ${idempotencyKey}`, () => {
          texts.set(idempotencyKey, (texts.get(idempotencyKey) ?? 0) + 1);
        });
        return 'accepted';
      } finally {
        this.#calls.delete(own);
      }
    };
    const now = () => new Date(scheduler.now);
    const correspondence = createCorrespondence({ source: `/rollcall/${this.name}`, channels: REPLIES });
    const working =
      this.name === 'sms'
        ? handlersOf(welcomeHandlers({ sendText, pseudonym: async (phone) => phone, correspondence, now }))
        : handlersOf(journeyHandlers({ correspondence, now }));
    const handlers = contracts.map(({ type }) => {
      const found = working(type === memberRegistered.type ? memberRegisteredV2.type : type);
      const handle = async (message: { subject: string; sequence?: string; id: string }) => {
        const broken = breakage(message.subject, versionOf(message));
        if (broken === 'for good') throw new PermanentError('broken for good');
        if (broken === 'for now') throw new TransientError('broken for now');
        if (broken === 'fatally') {
          scheduler.crash(instance);
          await new Promise(() => {});
        }
        const reaction = (await found?.handle(message as never, false)) ?? {};
        return { ...reaction, set: { ...reaction.set, effectOf: versionOf(message) } };
      };
      return [type, found?.follows ? { handle, follows: found.follows } : handle];
    });
    return Object.fromEntries(handlers);
  }

  #storeOf(instance: Instance): SubscriberStore {
    const { scheduler } = this.#options;
    const { store } = this;
    const call = <T>(what: string, effect: () => Promise<T>) => scheduler.call(instance, what, effect);
    return {
      commit: (id, after, next, effect) =>
        call(`commits ${id} v${next.version} on v${after}`, () => store.commit(id, after, next, effect)),
      lease: (id, after, lease) => call(`leases ${id} on v${after}`, () => store.lease(id, after, lease)),
      release: (id, lease, unresolved) => call(`releases ${id}`, () => store.release(id, lease, unresolved)),
      cursor: (id) => call(`reads the cursor of ${id}`, () => store.cursor(id)),
      state: (id) => call(`reads the state of ${id}`, () => store.state(id)),
      isGivenUp: (key) =>
        call(`reads whether ${key.aggregateId} v${key.version} was given up`, () => store.isGivenUp(key)),
      change: () => Promise.reject(new Error('it has no messages that are idempotent by state')),
      unsent: (place) => call(`reads what ${place.aggregateId} has to send`, () => store.unsent(place)),
      sent: (place, left) => call(`forgets what ${place.aggregateId} had to send`, () => store.sent(place, left)),
      park: (message, only) =>
        call(`parks ${message.aggregateId} v${message.version} as ${message.reason}`, () => store.park(message, only)),
      begin: (key) => call(`begins ${key.aggregateId} v${key.version}`, () => store.begin(key)),
      begun: (key) => call(`reads whether ${key.aggregateId} v${key.version} began`, () => store.begun(key)),
      end: (key) => call(`ends ${key.aggregateId} v${key.version}`, () => store.end(key)),
      unpark: (key) => call(`unparks ${key.aggregateId} v${key.version}`, () => store.unpark(key)),
      parkedOf: (id) => call(`reads what is parked of ${id}`, () => store.parkedOf(id)),
      eraseLeft: (id, but) => call(`erases what is left of ${id}`, () => store.eraseLeft(id, but)),
      discard: (message, move) =>
        call(`discards ${message.aggregateId} v${message.version}`, async () => {
          const claim = await store.discard(message, move);
          const { aggregateId, version } = message;
          const isOnlyOne = !(await store.parkedOf(aggregateId)).some((other) => other.version === version);
          // Its effect stays; what is given up is its reply.
          if (claim.state === 'done' && message.reason === 'unsent') {
            this.history.replied.add(aggregateId);
            return claim;
          }
          // Otherwise the version's other rendition is to be applied.
          if (claim.state === 'done' && (move || isOnlyOne || version === 0)) {
            this.history.discarded.push({ aggregateId, version });
          }
          return claim;
        }),
      parked: (segment) => this.#readIndex(instance, segment),
    };
  }

  async *#readIndex(instance: Instance, segment: number): AsyncIterable<ParkedMessage[]> {
    const { scheduler, choices } = this.#options;
    const isBehind = choices.below(4) === 3;
    const pages = await scheduler.call(instance, `reads the index, segment ${segment}`, async () => {
      const fresh = await Array.fromAsync(this.store.parked(segment));
      if (segment > 0) return fresh;
      const shown = isBehind ? this.#index : fresh;
      this.#index = fresh;
      return shown;
    });
    yield* pages;
  }

  /** Lambda takes a batch from the queue. */
  receive(): void {
    const { scheduler, choices } = this.#options;
    const records = this.queue.receive();
    if (records.length === 0) return;
    // Some outlive the visibility of their messages: another instance gets them too.
    const timeout = choices.below(3) === 2 ? Number.POSITIVE_INFINITY : CONSUME_TIMEOUT_MS;
    scheduler.invoke(
      `${this.name}-consume`,
      timeout,
      async (instance) => {
        const { apply, isSuspect } = this.#subscriberOf(instance);
        const { givenBack } = await consume({ Records: records }, apply, isSuspect);
        const client = this.queue.clientOf(instance);
        const now = () => new Date(scheduler.now);
        await createRedelivery({ client, queueUrl: '', now, random: () => 0 })(givenBack).catch(() => {});
        return new Set(givenBack.map(({ record }) => record));
      },
      (givenBack) => {
        if (givenBack instanceof Error) throw givenBack;
        const done = records.filter((record) => !givenBack.has(record));
        // An acknowledgement can be lost.
        if (choices.below(12) < 11) this.queue.delete(done.map(({ receiptHandle }) => receiptHandle));
      },
    );
  }

  /** Lambda takes a batch from the dead letters, or from what SNS could not deliver. */
  receiveGivenUp(queue: FifoQueue): void {
    const records = queue.receive();
    if (records.length === 0) return;
    this.#options.scheduler.invoke(
      `${this.name}-dead-letters`,
      CONSUME_TIMEOUT_MS,
      async (instance) => {
        const subscriber = this.#subscriberOf(instance);
        const cause = queue === this.deadLetters ? 'died' : 'undelivered';
        const { givenBack } = await consume({ Records: records }, (delivery) => subscriber.setAside(delivery, cause));
        return new Set(givenBack.map(({ record }) => record));
      },
      (givenBack) => {
        if (givenBack instanceof Error) throw givenBack;
        queue.delete(records.filter((record) => !givenBack.has(record)).map(({ receiptHandle }) => receiptHandle));
      },
    );
  }

  sweep(): void {
    const { choices } = this.#options;
    this.#told = new Set();
    const told = this.#told;
    this.#invokeSweep('sweep', (instance) =>
      this.#subscriberOf(instance).sweep(
        // Now and then its time is over in the middle.
        () => choices.below(8) < 7,
        ({ aggregateId, forPerson }) => {
          if (forPerson > 0) told.add(aggregateId);
        },
      ),
    );
  }

  redrive(): void {
    const aggregates = [...new Set([...this.store.waiting.values()].map(({ aggregateId }) => aggregateId))];
    this.#invokeSweep('redrive', (instance) => this.#subscriberOf(instance).redrive(aggregates, () => true, true));
  }

  /** A person gives up a message, or a version that did not come, or tries to. */
  discard(): void {
    const { choices } = this.#options;
    const all = [...this.store.waiting.values()];
    const parked = all[choices.below(all.length)];
    if (!parked) return;
    const isMissing = choices.below(4) === 3 && parked.version > 1;
    const { aggregateId, version, messageId } = parked;
    const key = isMissing ? { aggregateId, version: version - 1 } : { aggregateId, version, messageId };
    this.#invokeSweep('discard', (instance) => this.#subscriberOf(instance).discard(key, 'not wanted'));
  }

  #invokeSweep(what: string, run: (instance: Instance) => Promise<unknown>): void {
    this.#options.scheduler.invoke(`${this.name}-${what}`, SWEEP_TIMEOUT_MS, run, () => {});
  }

  sendGarbage(): void {
    this.history.garbage++;
    this.queue.send(`garbage-${this.history.garbage}`, `garbage-${this.history.garbage}`, GARBAGE);
  }

  /** A message that nobody sent, of a version far ahead. */
  sendForged(aggregateId: string, n: number): void {
    const forged = { ...registered(aggregateId, FORGED_VERSION), id: `forged-${n}` };
    this.queue.send(forged.id, forged.id, JSON.stringify(forged));
  }

  /** Completes the history for the checker. */
  takeStock(committed: ReadonlyArray<{ aggregateId: string; version: number }>): SubscriberHistory {
    const { breakage } = this.#options;
    // What its function died over by chance, again and again, looks broken to the kit, and must.
    const unlucky = [...this.store.waiting.values()].filter(({ error }) => error?.includes('the sweep died over it'));
    const broken = committed.filter(({ aggregateId, version }) => breakage(aggregateId, version) !== undefined);
    return {
      ...this.history,
      broken: [...broken, ...unlucky],
      parked: [...this.store.waiting.values()],
      kept: [...this.store.waiting.values(), ...this.store.discarded].filter(({ body }) => body !== ''),
      told: this.#told,
    };
  }
}

const GARBAGE = '{"this is":';
/** No member comes so far. */
const FORGED_VERSION = 90;
