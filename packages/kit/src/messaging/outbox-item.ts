import type { MessageContract } from '../contracts/contract.ts';
import { createMessage, type MessageInput } from './message.ts';
import { outboxPut, type TransactItem } from './outbox.ts';
import { outgoing } from './outgoing.ts';

/**
 * A message as an item of the transaction that makes the change it is about: for tables that no publisher writes. The
 * transaction fails if a message about this version of the subject was committed before.
 * @param tableName of the outbox
 * @param channel by its name, of which whoever publishes knows the address
 * @param about `version`: of the subject after the change, from 1 without a gap; `large`: of an event that erases, whether the
 * channel is: then the outbox deletes the data of what was sent about the subject
 * @throws {Error} if `data` breaks the contract (a ZodError), or names another subject: a defect of the caller
 * @throws {Error} a MessageTooLargeError, if it has more than 256 KB, which no channel takes
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
    throw new Error(`${contract.type} erases: say by \`large\` whether ${channel} is, so that its data is erased too`);
  const row = { aggregateId, version, messages: [message], committedAt: time.toISOString() };
  return outboxPut(tableName, large && contract.erases ? { ...row, erases: true } : row);
}
