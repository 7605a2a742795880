import { maySend, type SenderRules } from '../../contracts/channel.ts';
import { UnreadableMessageError } from '../errors.ts';
import { type Envelope, type ReadEnvelope, readEnvelope } from '../message.ts';
import type { Sent } from '../parking/parking-writer.ts';
import { isSentBy } from '../sender-id.ts';

export interface Expected {
  /** The channel that the consumer reads. */
  channel: SenderRules;
  /** Name prefix of the functions that may send to the consumer's queue; undefined: senders are not verified. */
  senderPrefix?: string | undefined;
  /** Reads messages that are not CloudEvents of the kit. Created by `foreign`. */
  read?: ReadEnvelope | undefined;
}

/**
 * Reads a message and verifies its sender.
 * @throws {UnreadableMessageError} if the message is unreadable, if its source may not send it on the channel, or if it
 * was not sent by its source
 */
export function readExpected(
  { body, senderId }: Sent,
  { channel, senderPrefix, read = readEnvelope }: Expected,
): Envelope {
  const envelope = read(body);
  const { id, source, type } = envelope;
  if (!maySend(channel, envelope))
    throw new UnreadableMessageError(`message ${id}: ${source} may not send ${type} on this channel`);
  if (senderPrefix !== undefined && !isSentBy(source, senderId, senderPrefix))
    throw new UnreadableMessageError(`message ${id}: sent by ${senderId}, which is not a function of ${source}`);
  return envelope;
}
