import { type Channel, maySend, serviceOf } from './channel.ts';
import type { MessageContract } from './contract.ts';

/** What takes the messages of a channel: said once, and read by its functions and by what deploys them. */
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
  /** Whether each effect is idempotent by the state that it writes, so that no cursor is kept. */
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

/**
 * Each in a file of its own, so that a function's bundle carries no other.
 * @throws {Error} that names what does not fit together
 */
export function defineConsumer<const Reads extends MessageContract, const Sends extends Channel = never>(
  name: string,
  about: Omit<ConsumerDescriptor<Reads, Sends>, 'name' | 'sends'> & { readonly sends?: readonly Sends[] },
): ConsumerDescriptor<Reads, Sends> {
  const { source, of, reads, sends = [], without = [] } = about;
  const refuse = (why: string): never => {
    throw new Error(`consumer ${name}: ${why}`);
  };
  const service = serviceOf(source) ?? refuse(`its source ${source} is not /APPLICATION/SERVICE`);
  // What it sends is known by the name of the function, which begins with its own.
  if (name !== service && !name.startsWith(`${service}-`))
    refuse(`its name must be ${service} or begin with ${service}-, as its source is ${source}`);
  if (of.kind === 'topic' && name !== service) refuse(`it subscribes to ${of.name}, so its name must be ${service}`);
  if (of.kind === 'queue' && name !== of.name) refuse(`it takes the queue ${of.name}, so that must be its name`);
  if (of.kind === 'queue' && without.length > 0) refuse(`${of.name} is a queue, which keeps nothing from it`);
  const types = of.messages.map(({ type }) => type);
  for (const { type } of [...reads, ...without])
    if (!types.includes(type)) refuse(`${type} is no message of ${of.name}; those are ${types.join(', ')}`);
  for (const contract of of.messages)
    if (!reads.some((own) => isRendition(own, contract)))
      refuse(`it does not read ${contract.type} of ${of.name}, which would be parked, and whatever comes after it`);
  for (const { type } of without)
    if (reads.some((own) => own.type === type)) refuse(`it reads ${type}, and keeps it out`);
  for (const channel of sends)
    if (!channel.messages.some(({ type }) => maySend(channel, { source, type })))
      refuse(`it sends to ${channel.name}, whose \`senders\` do not name ${source}`);
  return { ...about, name, sends };
}

/** Whether two contracts are one, or two renditions of the same message. */
const isRendition = (one: MessageContract, other: MessageContract): boolean =>
  one.type === other.type ||
  one.supersedes?.contract.type === other.type ||
  other.supersedes?.contract.type === one.type;
