import { type Channel, maySend, serviceOf } from './channel.ts';
import type { ConsumerDescriptor } from './consumer.ts';
import type { MessageContract } from './contract.ts';

/**
 * For what deploys a consumer: its functions need not look again.
 * @throws {Error} that names what does not fit together
 */
export function checkConsumer(consumer: ConsumerDescriptor): void {
  const { name, source, of, reads, sends, without = [], idempotent = false } = consumer;
  const refuse = (why: string): never => {
    throw new Error(`consumer ${name}: ${why}`);
  };
  const service = serviceOf(source) ?? refuse(`its source ${source} is not /APPLICATION/SERVICE`);
  // What it sends is known by the name of the function, which begins with its own.
  if (name !== service && !name.startsWith(`${service}-`))
    refuse(`its name must be ${service} or begin with ${service}-, as its source is ${source}`);
  if (of.kind === 'topic' && name !== service) refuse(`it subscribes to ${of.name}, so its name must be ${service}`);
  if (of.kind === 'queue' && name !== of.name) refuse(`it takes the queue ${of.name}, so that must be its name`);
  // Each sender counts the versions of its own messages: of two that have the same, one would be taken for a repetition.
  if (of.kind === 'queue' && of.ordered && !hasOneSender(of))
    refuse(`${of.name} keeps the order of one sender's messages: name one in \`from\`, or make it \`ordered: false\``);
  if (of.kind === 'queue' && without.length > 0) refuse(`${of.name} is a queue, which keeps nothing from it`);
  // It parks each message for itself: one that erases would not reach what is parked about the same subject.
  const erasing = of.messages.find(({ erases }) => erases);
  if (erasing && (idempotent || !of.ordered))
    refuse(
      `${erasing.type} of ${of.name} erases, which takes a consumer with an order: not \`idempotent\`, on a channel that is ordered`,
    );
  const types = of.messages.map(({ type }) => type);
  for (const { type } of [...reads, ...without])
    if (!types.includes(type)) refuse(`${type} is no message of ${of.name}; those are ${types.join(', ')}`);
  for (const contract of of.messages)
    if (!reads.some((own) => isRendition(own, contract)))
      refuse(`it does not read ${contract.type} of ${of.name}, which would be parked, and whatever comes after it`);
  for (const { type } of without)
    if (reads.some((own) => own.type === type)) refuse(`it reads ${type}, and keeps it out`);
  checkSends(source, sends, refuse);
}

/** For what deploys whoever sends to these channels. */
export function checkSends(source: string, sends: readonly Channel[], refuse: (why: string) => never): void {
  for (const channel of sends)
    if (!channel.messages.some(({ type }) => maySend(channel, { source, type })))
      refuse(`it sends to ${channel.name}, whose \`senders\` do not name ${source}`);
}

/** Whether two contracts are one, or two renditions of the same message. */
const isRendition = (one: MessageContract, other: MessageContract): boolean =>
  one.type === other.type ||
  one.supersedes?.contract.type === other.type ||
  other.supersedes?.contract.type === one.type;

const hasOneSender = ({ senders, sendersOf = {} }: Channel): boolean =>
  [senders, ...Object.values(sendersOf)].every(
    (some) => !('anyServiceOf' in some) && some.length === 1 && some[0] === (senders as readonly string[])[0],
  );
