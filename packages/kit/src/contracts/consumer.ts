import { applicationOf, type Channel } from './channel.ts';
import type { MessageContract } from './contract.ts';

/**
 * What takes the messages of a channel: said once, and read by its functions and by what deploys them.
 * @public
 */
export interface ConsumerDescriptor<Reads extends MessageContract = MessageContract, Sends extends Channel = Channel> {
  /** Of its table, functions, logs and metrics. */
  readonly name: string;
  /** CloudEvents `source` of what it sends: `/APPLICATION/SERVICE`. */
  readonly source: string;
  /** A topic, behind which it gets a queue of its own; or a queue, which has no other consumer. */
  readonly of: Channel;
  /** Every message of its channel, in a rendition. One without handler only moves the cursor. */
  readonly reads: readonly Reads[];
  /** The channels that it sends to. */
  readonly sends: readonly Sends[];
  /** What an operator pauses or skips it by; undefined: nobody can. */
  readonly capability?: string;
  /** Sort key of the item that carries an aggregate's cursor: one that most effects write anyway. */
  readonly cursorKey: string;
  /** Whether each effect is idempotent by the state that it writes, so that no cursor is kept. Not on a channel with an event that `erases`. */
  readonly idempotent?: boolean;
  /**
   * Whether there may be aggregates from before its first deployment. It then begins each of them at the first version
   * that it meets; another consumer waits for version 1.
   */
  readonly joinsLate?: boolean;
  /**
   * The renditions of events that it reads in another; the topic keeps these from it. Default: none, as it is while it moves from one rendition to another: a filter
   * takes effect after minutes, and of two that are changed for one another both could be kept from it.
   */
  readonly without?: readonly MessageContract[];
}

type Optional = 'source' | 'reads' | 'sends' | 'cursorKey';

/**
 * Each in a file of its own, so that a function's bundle carries no other.
 * @param name of a topic's consumer, its service; of a queue's, the queue
 * @param about Defaults: of a topic's consumer, `source` is the service of that name in the application that sends on the
 * topic; `reads`, every message of the channel; `sends`, nothing; `cursorKey`, `cursor`.
 * @throws {Error} if it is to follow the channel's application, and that sends from several
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
  throw new Error(`say the \`source\` of the consumer of ${name}`);
}
