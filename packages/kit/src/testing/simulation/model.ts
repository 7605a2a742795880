import type * as z from 'zod';
import type { Channel } from '../../contracts/channel.ts';
import type { ConsumerDescriptor } from '../../contracts/consumer.ts';
import type { MessageContract } from '../../contracts/contract.ts';
import type { HandlerContext } from '../../messaging/consumer-functions.ts';
import type { Handlers } from '../../messaging/handlers.ts';
import type { Message, Place } from '../../messaging/message.ts';
import type { ParkedMessage } from '../../messaging/subscriber-store.ts';
import type { Item } from './expressions.ts';

/**
 * What handlers are made with in the simulation: what they have in a function, and services that can fail.
 * @public
 */
export interface SimulatedContext<Sends extends Channel = Channel> extends HandlerContext<Sends> {
  /**
   * A call of another service, for a handler's `call`: it may fail before or after it takes effect, or the function may
   * die meanwhile. What took effect is in the state's `calls`.
   * @param request what tells the call from others, such as an idempotency key
   */
  callService<T = void>(service: string, request: string, answer?: () => T): Promise<T>;
}

/** A consumer and its handlers, or what makes them, as `subscriberFunctions` takes them. */
export interface SimulatedConsumer<C extends MessageContract = MessageContract, S extends Channel = Channel> {
  descriptor: ConsumerDescriptor<C, S>;
  handlers: Handlers<C> | ((context: SimulatedContext<S>) => Handlers<C>);
}

/**
 * A message that the publisher model commits: the simulation gives it id, version, source and time.
 * @public
 */
export interface ToPublish<C extends MessageContract = MessageContract> {
  contract: C;
  /** Aggregate id. */
  subject: string;
  data: z.input<C['data']>;
  /** Name of the channel on which an answer is wanted. */
  replyTo?: string;
  /** That it is for later: seconds from its commit. Default: it is for now. */
  after?: number;
}

/**
 * Decisions of the publisher model. The first possibility is the simplest: a failing schedule is shrunk to it.
 * @public
 */
export interface Choose {
  /** A whole number from 0 up to `limit`, exclusive. */
  below(limit: number): number;
  oneOf<T>(possibilities: readonly T[]): T;
}

/**
 * What an invariant may look at. Consumers and tables are called by their names.
 * @public
 */
export interface SimulatedState {
  /** What was committed to be published, each subject's in order. */
  readonly published: readonly Message[];
  /** Calls of services that took effect, repeated ones too. */
  readonly calls: ReadonlyArray<{ service: string; request: string }>;
  /** The item that carries an aggregate's cursor, with the kit's own attributes; {}: there is none. */
  of(consumer: string, aggregateId: string): Item;
  /** All items of a table. */
  items(table: string): readonly Item[];
  /** What a consumer applied, in this order. */
  applied(consumer: string): readonly Place[];
  /** What is parked at a consumer. */
  parked(consumer: string): readonly ParkedMessage[];
  /** What was sent on a channel: each message once, however often it was sent. */
  sent(channel: string): readonly Message[];
}

/**
 * What must hold of a state.
 * @returns a sentence that says what is violated; undefined: nothing. Or throws an error that says it.
 * @public
 */
export type Invariant = (state: SimulatedState) => string | undefined;

export interface Model {
  consumers: readonly SimulatedConsumer<never>[];
  /** What is published in one schedule. It is called once a schedule, and its only source of chance is `choose`. */
  publish: (choose: Choose) => readonly ToPublish[];
  /** Holds whenever everything has come to rest: all messages were delivered, and tried again after every fault. */
  invariant: Invariant;
  /** Holds after every write. */
  always?: Invariant;
  /** Further tables that handlers write to, by name: their partition key, and their sort key if they have one. */
  tables?: Readonly<Record<string, readonly [string] | readonly [string, string]>>;
  /**
   * Whether handlers send messages for later, as processes do. What they send by an outbox, later or now, they write to its
   * tables, `outbox` and `later`. Default: only the publisher model does.
   */
  sendsLater?: boolean;
  /** Whether handlers may leave messages for a person. Default: a message that is parked at rest is a violation. */
  mayPark?: boolean;
}
