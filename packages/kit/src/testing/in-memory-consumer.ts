import type { Channel } from '../contracts/channel.ts';
import type { ConsumerDescriptor } from '../contracts/consumer.ts';
import type { MessageContract } from '../contracts/contract.ts';
import type { HandlerContext } from '../messaging/consumer-functions.ts';
import { createCorrespondence } from '../messaging/correspondence.ts';
import { parkedMessageOf } from '../messaging/dynamodb-subscriber-store/parked.ts';
import { createSubscriberStore } from '../messaging/dynamodb-subscriber-store.ts';
import type { Handlers } from '../messaging/handlers.ts';
import { createSubscriber } from '../messaging/subscriber.ts';
import { InMemoryChannel } from './in-memory-channel.ts';
import { Choices } from './simulation/choices.ts';
import { Scheduler } from './simulation/scheduler.ts';
import { Tables } from './simulation/tables.ts';

/**
 * Creates a consumer for unit tests, which runs the kit's own code on a table and a channel in memory. There are no
 * faults unless the test injects them. Only `pass` advances the consumer's clock.
 * @param handlers as for `subscriberFunctions`
 * @public
 */
export function inMemoryConsumer<C extends MessageContract, S extends Channel>(
  descriptor: ConsumerDescriptor<C, S>,
  handlers: Handlers<C> | ((context: HandlerContext<S>) => Handlers<C>),
) {
  const { name, source, of, reads, sends, cursorKey, idempotent = false, joinsLate = false } = descriptor;
  const choices = new Choices([]);
  const scheduler = new Scheduler(choices);
  scheduler.faultFree = true;
  const tables = new Tables(scheduler, choices);
  tables.create(name);
  const client = tables.clientOf({
    name,
    skewMs: 0,
    deadline: Number.POSITIVE_INFINITY,
    uninterrupted: true,
    alive: true,
  });
  const channel = new InMemoryChannel();
  const addresses = Object.fromEntries(sends.map((sent) => [sent.name, sent.name]));
  const now = () => new Date(scheduler.now);
  let ids = 0;
  const newId = () => `${name}/${++ids}`;
  const context: HandlerContext<S> = {
    ...{ client, tableName: name, now, newId },
    correspondence: createCorrespondence<S>({ source, channels: addresses }),
    mode: async () => 'on',
  };
  const subscriber = createSubscriber({
    store: createSubscriberStore({ client, tableName: name, cursorKey }),
    queueName: name,
    joinsLate,
    contracts: reads,
    channel: of,
    handlers: typeof handlers === 'function' ? handlers(context) : handlers,
    unordered: idempotent || !of.ordered,
    idempotent,
    mayReplyOn: (replyTo) => Object.hasOwn(addresses, replyTo),
    sender: channel,
    ...{ now, newId, random: () => 0 },
  });
  const parked = () =>
    tables
      .items(name)
      .filter((item) => item.parkedAggregate !== undefined)
      .map(parkedMessageOf);

  return {
    /** The channel that records the messages that the consumer sends. */
    channel,
    /** The parked messages, with the reasons why they are parked. */
    parked,

    /**
     * Delivers a message that `createMessage` created, as if it came from the consumer's queue.
     * @param receives how often the message was received, including this time
     * @throws {Error} the error that causes a redelivery
     */
    deliver: (message: object, receives = 1) =>
      subscriber.apply({ body: JSON.stringify(message), receives, queueMessageId: `${name}/q` }),

    /** Retries parked messages, as the sweep does every minute. */
    sweep: (): Promise<void> =>
      subscriber.sweep(
        () => true,
        () => {},
      ),

    /** Redrives all parked messages, including held messages, as an operator can. */
    redrive: async (): Promise<void> => {
      await subscriber.redrive([...new Set(parked().map(({ aggregateId }) => aggregateId))], () => true, true);
    },

    /**
     * The item that contains an aggregate's cursor, including the kit's own attributes; {} if there is no such item.
     */
    of: (aggregateId: string) => tables.items(name).find(({ pk, sk }) => pk === aggregateId && sk === cursorKey) ?? {},

    /** All items of the consumer's table. */
    items: () => tables.items(name),

    /** Advances the consumer's clock. */
    pass(ms: number): void {
      scheduler.now += ms;
    },
  };
}
