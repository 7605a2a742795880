import { type Channel, maySend, serviceOf } from './channel.ts';
import type { ConsumerDescriptor } from './consumer.ts';
import type { MessageContract } from './contract.ts';

/**
 * Checks a consumer at deployment. The consumer's functions rely on this check and do not repeat it.
 * @throws {Error} if the consumer is inconsistent; the message names the mistake
 */
export function checkConsumer(consumer: ConsumerDescriptor): void {
  const { name, source, of, reads, sends, without = [], idempotent = false } = consumer;
  const refuse = (why: string): never => {
    throw new Error(`consumer ${name}: ${why}`);
  };
  const service = serviceOf(source) ?? refuse(`its source ${source} is not /APPLICATION/SERVICE`);
  // A receiver compares the `source` of a message with the name of the function that sent the message. The names of a
  // consumer's functions contain the name of the consumer, so this name must begin with the service in `source`.
  if (name !== service && !name.startsWith(`${service}-`))
    refuse(`its name must be ${service} or begin with ${service}-, because its source is ${source}`);
  if (of.kind === 'topic' && name !== service)
    refuse(`it subscribes to ${of.name}, so its name must be the name of its service, ${service}`);
  if (of.kind === 'queue' && name !== of.name)
    refuse(`it consumes the queue ${of.name}, so it must have the same name`);
  // Each sender numbers its own messages. If two senders used the same version, the consumer would drop one message as
  // a duplicate.
  if (of.kind === 'queue' && of.ordered && !hasOneSender(of))
    refuse(
      `${of.name} preserves the order of messages from one sender: name a single service in \`from\`, or set \`ordered: false\``,
    );
  if (of.kind === 'queue' && without.length > 0) refuse(`${of.name} is a queue, which has no subscription filter`);
  // A consumer that is `idempotent`, or whose channel has no order, parks each message on its own, so an erasing event
  // would not delete parked messages about the same subject.
  const erasing = of.messages.find(({ erases }) => erases);
  if (erasing && (idempotent || !of.ordered))
    refuse(
      `${erasing.type} of ${of.name} erases data, which requires an ordered channel and a consumer without \`idempotent\``,
    );
  const types = of.messages.map(({ type }) => type);
  for (const { type } of [...reads, ...without])
    if (!types.includes(type)) refuse(`${type} is not a message of ${of.name}; its messages: ${types.join(', ')}`);
  for (const contract of of.messages)
    if (!reads.some((listed) => isRendition(listed, contract)))
      refuse(
        `it does not read ${contract.type} of ${of.name}, so it would park this message and all later messages about the same subject`,
      );
  for (const { type } of without)
    if (reads.some((listed) => listed.type === type)) refuse(`it lists ${type} in both \`reads\` and \`without\``);
  checkSends(source, sends, refuse);
}

/** Checks at deployment that the source may send at least one message type on each channel. */
export function checkSends(source: string, sends: readonly Channel[], refuse: (why: string) => never): void {
  for (const channel of sends)
    if (!channel.messages.some(({ type }) => maySend(channel, { source, type })))
      refuse(`it sends to ${channel.name}, whose \`senders\` do not name ${source}`);
}

/** Whether two contracts are the same, or renditions of the same message. */
const isRendition = (one: MessageContract, other: MessageContract): boolean =>
  one.type === other.type ||
  one.supersedes?.contract.type === other.type ||
  other.supersedes?.contract.type === one.type;

const hasOneSender = ({ senders, sendersOf = {} }: Channel): boolean =>
  [senders, ...Object.values(sendersOf)].every(
    (allowed) =>
      !('anyServiceOf' in allowed) && allowed.length === 1 && allowed[0] === (senders as readonly string[])[0],
  );
