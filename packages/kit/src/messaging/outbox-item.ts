import type { MessageContract } from '../contracts/contract.ts';
import { createMessage, type MessageInput } from './message.ts';
import { outboxPut, type TransactItem } from './outbox.ts';
import { outgoing } from './outgoing.ts';

/**
 * Creates a message as an item of the caller's transaction, for tables that are not written by a publisher. The
 * transaction fails if the outbox still has a message about this version of the subject.
 * @param tableName the outbox table
 * @param channel name of the channel
 * @param about `version`: the version of the subject after the change, starting at 1, without gaps. `large`: whether
 * the channel is large. Required for an event that erases, because on a large channel the relay then also deletes the
 * stored data about the subject
 * @throws {Error} if the message exceeds 256 KB, the limit of every channel (a MessageTooLargeError), if `data`
 * violates the contract, or if the event erases and `large` is missing
 * @public
 */
export function outboxItem<C extends MessageContract>(
  tableName: string,
  channel: string,
  contract: C,
  about: MessageInput<C> & { version: number; large?: boolean },
): TransactItem {
  const message = outgoing(channel, contract, createMessage(contract, about));
  const { subject: aggregateId, version, large, time } = about;
  if (contract.erases && large === undefined)
    throw new Error(
      `${contract.type} erases: pass \`large: true\` if ${channel} is large, otherwise \`large: false\`, so that the stored data of its large messages is erased, too`,
    );
  const row = { aggregateId, version, messages: [message], committedAt: time.toISOString() };
  return outboxPut(tableName, large && contract.erases ? { ...row, erases: true } : row);
}
