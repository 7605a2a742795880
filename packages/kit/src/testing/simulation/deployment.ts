import type { Channel } from '../../contracts/channel.ts';
import type { ConsumerDescriptor } from '../../contracts/consumer.ts';
import { checkConsumer } from '../../contracts/consumer-checks.ts';
import { type Message, readEnvelope, readMessage } from '../../messaging/message.ts';
import type { Addresses } from '../../messaging/sender.ts';
import type { Choices } from './choices.ts';
import { Consumer } from './consumer.ts';
import { withFollowsCheck } from './handlers.ts';
import type { Model, SimulatedConsumer, SimulatedContext, SimulatedState } from './model.ts';
import { ConsumerObserver } from './observer.ts';
import { Publisher } from './publisher.ts';
import { LATER, OUTBOX, Publishing } from './publishing.ts';
import { Queues, urlOf } from './queues.ts';
import type { Instance, Scheduler } from './scheduler.ts';
import { Tables } from './tables.ts';
import { arnOf, Topics } from './topics.ts';

export interface DeploymentOptions {
  scheduler: Scheduler;
  /** The decisions of the simulated services: which faults happen, and when. */
  choices: Choices;
  /** The decisions of `Model.publish`: which messages are committed. */
  publishing: Choices;
  onViolation: (what: string) => void;
}

interface Deployed {
  descriptor: ConsumerDescriptor;
  consumer: Consumer;
  observer: ConsumerObserver;
}

/** The simulated AWS resources of a model: its consumers, their channels, and an outbox that publishes on these channels. */
export class Deployment {
  readonly tables: Tables;
  readonly publishing: Publishing;
  readonly publisher: Publisher;
  readonly deployed: readonly Deployed[];
  readonly #model: Model;
  readonly #options: DeploymentOptions;
  readonly #queues: Queues;
  readonly #channels: readonly Channel[];
  readonly #maxReceives: number;
  /** The bodies of the messages that were sent to queues, by channel and message id. */
  readonly #sent = new Map<string, Map<string, string>>();
  readonly #calls: Array<{ service: string; request: string }> = [];

  constructor(model: Model, options: DeploymentOptions) {
    const { scheduler, choices } = options;
    const consumers = model.consumers as readonly SimulatedConsumer[];
    this.#model = model;
    this.#options = options;
    this.tables = new Tables(scheduler, choices);
    this.#queues = new Queues(scheduler, choices);
    this.#channels = channelsOf(consumers.map(({ descriptor }) => descriptor));
    this.#maxReceives = choices.below(2) === 0 ? 10 : 3;
    for (const [name, keys] of Object.entries(model.tables ?? {})) this.tables.create(name, { keys });
    this.deployed = consumers.map((consumer) => this.#deploy(consumer));
    const topics = new Topics(scheduler, choices);
    for (const channel of this.#channels) this.#createChannel(channel, topics);
    const choose = {
      below: (limit: number) => options.publishing.below(limit),
      oneOf: <T>(possibilities: readonly T[]) => possibilities[options.publishing.below(possibilities.length)] as T,
    };
    const plan = model.publish(choose);
    const shared = { scheduler, choices, tables: this.tables };
    const addresses = addressesOf(this.#channels);
    const sendsLater = model.sendsLater || plan.some(({ after }) => after !== undefined);
    const later = sendsLater ? { later: LATER } : {};
    this.publisher = new Publisher({ ...shared, queues: this.#queues, topics, addresses, outbox: OUTBOX, ...later });
    const { onViolation } = options;
    this.publishing = new Publishing(plan, { ...shared, channels: this.#channels, onViolation });
  }

  #deploy({ descriptor, handlers }: SimulatedConsumer): Deployed {
    const { scheduler, choices, onViolation } = this.#options;
    const handlersFor = (context: SimulatedContext) => (typeof handlers === 'function' ? handlers(context) : handlers);
    const consumer = new Consumer({
      ...{ descriptor, scheduler, choices, tables: this.tables, queues: this.#queues },
      addresses: addressesOf(descriptor.sends),
      joinsLate: descriptor.joinsLate ?? false,
      maxReceives: this.#maxReceives,
      handlers: (context, instance) =>
        withFollowsCheck(
          descriptor,
          handlersFor({ ...context, callService: this.#callServiceOf(instance) }),
          onViolation,
        ),
      onSent: (body) => this.#onSent(descriptor.of, body),
    });
    return {
      descriptor,
      consumer,
      observer: new ConsumerObserver(descriptor, consumer, this.tables, onViolation),
    };
  }

  /** Creates a topic with its subscriptions, or a queue that no consumer of the model reads. */
  #createChannel(channel: Channel, topics: Topics): void {
    const { name, kind, ordered } = channel;
    const consumers = this.deployed.filter(({ descriptor }) => descriptor.of.name === name);
    if (kind === 'queue' && consumers.length > 0) return;
    if (kind === 'queue') {
      const onSent = (body: string) => this.#onSent(channel, body);
      this.#queues.create({ name: ordered ? `${name}.fifo` : name, visibilityMs: 0, onSent });
      return;
    }
    const topic = topics.create({ name, onPublished: () => {} });
    for (const { descriptor, consumer } of consumers) {
      const { queue, undelivered } = consumer;
      const without = (descriptor.without ?? []).map(({ type }) => type);
      topic.subscriptions.push({ queue, undelivered, without, onDelivered: () => {} });
    }
  }

  #onSent({ name }: Channel, body: string): void {
    const sent = this.#sent.get(name) ?? new Map<string, string>();
    this.#sent.set(name, sent.set(readEnvelope(body).id, body));
  }

  #callServiceOf(instance: Instance): SimulatedContext['callService'] {
    return <T>(service: string, request: string, response?: () => T) =>
      this.#options.scheduler.call(instance, `calls ${service}: ${request}`, () => {
        this.#calls.push({ service, request });
        return response?.() as T;
      });
  }

  /** The messages sent on a channel. A message that was sent several times is listed once. */
  #sentOn(name: string): Message[] {
    const channel = this.#channels.find((candidate) => candidate.name === name);
    if (!channel)
      throw new Error(`there is no channel ${name}; channels: ${this.#channels.map((existing) => existing.name)}`);
    if (channel.kind === 'topic')
      return this.publishing.published.filter((entry) => entry.channel === name).map(({ message }) => message);
    const bodies = this.#sent.get(name)?.values() ?? [];
    return [...bodies].map((body) => readMessage(readEnvelope(body), channel.messages));
  }

  #deployedOf(name: string): Deployed {
    const deployed = this.deployed.find(({ descriptor }) => descriptor.name === name);
    if (deployed) return deployed;
    throw new Error(
      `there is no consumer ${name}; consumers: ${this.deployed.map(({ descriptor }) => descriptor.name)}`,
    );
  }

  get state(): SimulatedState {
    return {
      published: this.publishing.published.map(({ message }) => message),
      calls: this.#calls,
      of: (consumer, aggregateId) => {
        const { name, cursorKey } = this.#deployedOf(consumer).descriptor;
        return this.tables.items(name).find(({ pk, sk }) => pk === aggregateId && sk === cursorKey) ?? {};
      },
      items: (table) => this.tables.items(table),
      applied: (consumer) => this.#deployedOf(consumer).observer.applied,
      parked: (consumer) => this.#deployedOf(consumer).consumer.parked,
      sent: (channel) => this.#sentOn(channel),
    };
  }

  /**
   * Describes a message that a consumer should have applied but has not, or a scheduled message that was not sent;
   * undefined if there is no such message.
   */
  get missing(): string | undefined {
    const { mayPark = false } = this.#model;
    const { unsent } = this.publishing;
    if (unsent !== undefined) return `${unsent} was scheduled but never sent`;
    for (const { descriptor, observer } of this.deployed) {
      const without = (descriptor.without ?? []).map(({ type }) => type);
      const expected = this.#sentOn(descriptor.of.name).filter(({ type }) => !without.includes(type));
      const what = observer.missing(expected, mayPark);
      if (what) return what;
    }
    return undefined;
  }
}

/** @throws {Error} if a descriptor does not match its channels, or if two consumers have the same name */
function channelsOf(descriptors: readonly ConsumerDescriptor[]): Channel[] {
  for (const descriptor of descriptors) checkConsumer(descriptor);
  const names = descriptors.map(({ name }) => name);
  const duplicate = names.find((name, index) => names.indexOf(name) !== index);
  if (duplicate !== undefined) throw new Error(`two consumers have the name ${duplicate}`);
  const all = descriptors.flatMap(({ of, sends }) => [of, ...sends]);
  return [...new Map(all.map((channel) => [channel.name, channel])).values()];
}

const addressesOf = (channels: readonly Channel[]): Addresses =>
  Object.fromEntries(
    channels.map(({ name, kind, ordered }) => [
      name,
      kind === 'topic' ? arnOf(name) : urlOf({ name: ordered ? `${name}.fifo` : name }),
    ]),
  );
