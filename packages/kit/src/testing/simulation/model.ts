import type * as z from 'zod';
import type { Channel } from '../../contracts/channel.ts';
import type { ConsumerDescriptor } from '../../contracts/consumer.ts';
import type { MessageContract } from '../../contracts/contract.ts';
import type { HandlerContext } from '../../messaging/consumer-functions.ts';
import type { Handlers } from '../../messaging/handlers.ts';
import type { Message, MessagePosition } from '../../messaging/message.ts';
import type { ParkedMessage } from '../../messaging/subscriber-store.ts';
import type { Item } from './expressions.ts';

/**
 * The context of handlers in the simulation: the same context as in a function, and calls to services that can fail.
 * @public
 */
export interface SimulatedContext<Sends extends Channel = Channel> extends HandlerContext<Sends> {
  /**
   * Calls another service, for use in a handler's `call`. The call may fail before or after it takes effect, or the function
   * may crash during it. Calls that took effect are in the state's `calls`.
   * @param request identifies the call, such as an idempotency key
   */
  callService<T = void>(service: string, request: string, answer?: () => T): Promise<T>;
}

/** A consumer with its handlers or the function that creates its handlers, as for `subscriberFunctions`. */
export interface SimulatedConsumer<C extends MessageContract = MessageContract, S extends Channel = Channel> {
  descriptor: ConsumerDescriptor<C, S>;
  handlers: Handlers<C> | ((context: SimulatedContext<S>) => Handlers<C>);
}

/**
 * A message that `publish` commits. The simulation sets its id, version, source and time.
 * @public
 */
export interface ToPublish<C extends MessageContract = MessageContract> {
  contract: C;
  /** Aggregate id. */
  subject: string;
  data: z.input<C['data']>;
  /** Name of the channel for the reply. */
  replyTo?: string;
  /** Seconds from the commit until the message is due, for a scheduled message. Default: it is sent immediately. */
  after?: number;
}

/**
 * The decisions of `publish`. The first possibility should be the simplest, because failing schedules are shrunk
 * towards it.
 * @public
 */
export interface Choose {
  /** Returns a whole number from 0 up to `limit`, exclusive. */
  below(limit: number): number;
  oneOf<T>(possibilities: readonly T[]): T;
}

/**
 * The state that an invariant can inspect. Consumers and tables are identified by name.
 * @public
 */
export interface SimulatedState {
  /**
   * The committed messages of `publish`, in order for each channel and subject. Includes scheduled messages once they
   * are sent.
   */
  readonly published: readonly Message[];
  /** Service calls that took effect, including repeated calls. */
  readonly calls: ReadonlyArray<{ service: string; request: string }>;
  /** The item that contains an aggregate's cursor, including the kit's own attributes; {} if there is no such item. */
  of(consumer: string, aggregateId: string): Item;
  /** All items of a table. */
  items(table: string): readonly Item[];
  /** The messages that a consumer applied, in order. */
  applied(consumer: string): readonly MessagePosition[];
  /** The messages parked by a consumer. */
  parked(consumer: string): readonly ParkedMessage[];
  /**
   * The messages sent on a channel; for a topic, the messages that are committed for the topic. A message that was sent
   * several times is listed once.
   */
  sent(channel: string): readonly Message[];
}

/**
 * A condition that must hold for a state.
 * @returns a sentence that describes the violation; undefined if the condition holds. Instead of returning a sentence,
 * the function may throw an error.
 * @public
 */
export type Invariant = (state: SimulatedState) => string | undefined;

export interface Model {
  consumers: readonly SimulatedConsumer<never>[];
  /**
   * Returns the messages of one schedule. Called once per schedule. May use only `choose` as a source of randomness.
   */
  publish: (choose: Choose) => readonly ToPublish[];
  /** Must hold at rest, after all faults have ended and all messages were delivered and retried. */
  invariant: Invariant;
  /** Must hold after every write. */
  always?: Invariant;
  /** Further tables that handlers write to, by name: the partition key, and the sort key if there is one. */
  tables?: Readonly<Record<string, readonly [string] | readonly [string, string]>>;
  /**
   * Whether handlers schedule messages, as processes do. Handlers write outbox messages to the table `outbox`, and
   * scheduled messages to the table `later`. Default: only `publish` schedules messages.
   */
  sendsLater?: boolean;
  /** Whether messages may stay parked for a person to decide. Default: a message that is parked at rest is a violation. */
  mayPark?: boolean;
}
