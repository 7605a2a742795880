import { applicationOf, type Channel } from './channel.ts';
import type { MessageContract } from './contract.ts';

/**
 * Describes a consumer of a channel. Its functions and its deployment read the same descriptor.
 * @public
 */
export interface ConsumerDescriptor<Reads extends MessageContract = MessageContract, Sends extends Channel = Channel> {
  /** Name of the consumer. The names of its table, functions and logs contain this name. */
  readonly name: string;
  /** CloudEvents `source` of the messages that the consumer sends: `/APPLICATION/SERVICE`. */
  readonly source: string;
  /** A topic, to which the consumer subscribes with its own queue, or a queue that no other consumer reads. */
  readonly of: Channel;
  /**
   * Every message of the channel, each in one of its renditions. A message without a handler only advances the cursor.
   */
  readonly reads: readonly Reads[];
  /** The channels to which the consumer sends messages. */
  readonly sends: readonly Sends[];
  /** Name of the switch with which operators pause or skip the consumer; undefined if there is no such switch. */
  readonly capability?: string;
  /** Sort key of the item that contains an aggregate's cursor. Choose an item that most effects write anyway. */
  readonly cursorKey: string;
  /**
   * Whether a repeated effect writes the same state again, so that no cursor is needed. Not allowed on a channel with
   * an event that `erases`.
   */
  readonly idempotent?: boolean;
  /**
   * Whether aggregates may already exist when the consumer is first deployed. If so, the consumer starts each aggregate
   * at the first version that it receives. Otherwise, it waits for version 1 of each aggregate.
   */
  readonly joinsLate?: boolean;
  /**
   * Renditions that the subscription's filter drops, because the consumer receives the same events in another
   * rendition. Default: none. Keep the default during a migration between renditions: a change of the filter takes
   * minutes, and could drop both renditions in the meantime.
   */
  readonly without?: readonly MessageContract[];
}

type Optional = 'source' | 'reads' | 'sends' | 'cursorKey';

/**
 * Describes a consumer. Define each consumer in a separate file, so that a function's bundle contains no other
 * consumer.
 * @param name for a topic: the name of the consuming service; for a queue: the name of the queue
 * @param about the properties of the consumer. By default, `reads` lists every message of the channel, `sends` is
 * empty, and `cursorKey` is `cursor`. For a topic, the default of `source` is `/APPLICATION/NAME`: the application that
 * sends on the topic, and the `name` of the consumer
 * @throws {Error} if `source` is missing, and the channel is a queue, or a topic with senders of several applications
 * @public
 */
export function defineConsumer<
  const Of extends Channel,
  const Reads extends MessageContract = Of['messages'][number],
  const Sends extends Channel = never,
>(
  name: string,
  about: Omit<ConsumerDescriptor<Reads, Sends>, 'name' | 'of' | Optional> &
    Partial<Pick<ConsumerDescriptor<Reads, Sends>, Optional>> & { readonly of: Of },
): ConsumerDescriptor<Reads, Sends> {
  const { of, source = `/${applicationOfSenders(of)}/${name}`, reads = of.messages, sends = [], ...rest } = about;
  return { cursorKey: 'cursor', ...rest, name, of, source, reads: reads as readonly Reads[], sends };
}

function applicationOfSenders({ name, kind, senders }: Channel): string {
  const applications = 'anyServiceOf' in senders ? [senders.anyServiceOf] : senders.map(applicationOf);
  const [application, ...others] = new Set(applications);
  if (kind === 'topic' && application !== undefined && others.length === 0) return application;
  throw new Error(
    `set the \`source\` of the consumer of ${name}: it has a default only for a topic with senders of one application`,
  );
}
