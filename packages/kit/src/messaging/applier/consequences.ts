import type { MessageContract } from '../../contracts/contract.ts';
import { UnreadableMessageError } from '../errors.ts';
import { type Handlers, handlersOf } from '../handlers.ts';
import type { ReadWhole } from '../large/whole.ts';
import { contractFor, type Envelope, isErasing, type Message, type MessagePosition, readMessage } from '../message.ts';
import type { OutgoingMessage } from '../outgoing.ts';
import type { Sender } from '../sender.ts';
import type { ParkedKey, SubscriberStore } from '../subscriber-store.ts';
import { UnsentError } from '../unsent-error.ts';

export interface ConsequencesOptions<C extends MessageContract> {
  store: SubscriberStore;
  contracts: readonly C[];
  handlers: Handlers<C>;
  /** Whether no cursor is needed, because each handler is idempotent by the state that it writes. */
  idempotent?: boolean;
  /** Sends the messages that handlers return. Not needed if no handler returns messages. */
  sender?: Sender | undefined;
  /** Reads data that is stored apart from its message. Default: all data is in the messages. */
  readWhole?: ReadWhole | undefined;
}

/**
 * An applied message. `type` is set if it is known. `unsent` is set if messages that follow from the message could not
 * be sent and are stored with the parked message. Without `unsent`, messages that follow are derived from `envelope`.
 */
export type Applied = ParkedKey & { type?: string; envelope?: Envelope; unsent?: readonly OutgoingMessage[] };

export type Consequences = ReturnType<typeof createConsequences>;

/**
 * Creates the functions for the work that remains after a message is applied: erasing data, and sending the messages
 * that follow from the message.
 */
export function createConsequences<C extends MessageContract>(options: ConsequencesOptions<C>) {
  const { store, contracts, idempotent = false, sender, readWhole = async (envelope) => envelope } = options;
  const handlers = handlersOf(options.handlers);

  /**
   * Sends the messages that follow from an applied message.
   * @param stored messages that are stored with the cursor until they are sent
   * @param derived messages that are not stored, because they can be derived again
   * @throws {UnsentError} if a message could not be sent
   */
  async function send(
    position: MessagePosition,
    stored: readonly OutgoingMessage[],
    derived: readonly OutgoingMessage[],
  ) {
    const messages = [...stored, ...derived];
    if (messages.length === 0) return;
    if (!sender)
      throw new Error(`${position.aggregateId}: the handler returned messages to send, but the consumer has no sender`);
    const errors = await sender.send(messages);
    const remaining = stored.filter((message) => errors.has(message));
    if (remaining.length < stored.length) await store.sent(position, remaining);
    const [cause] = errors.values();
    if (!cause) return;
    const unsent = derived.filter((message) => errors.has(message));
    throw new UnsentError(`applied, but its outgoing messages could not be sent: ${cause.message}`, {
      cause,
      unsent,
    });
  }

  /**
   * Completes a message whose effect was committed by an earlier attempt that then crashed or failed: erases data, and
   * sends the messages that follow from the message. Does nothing for an idempotent consumer.
   * @throws {UnsentError} if sending fails
   */
  async function complete({ type = '', envelope, unsent, ...key }: Applied): Promise<void> {
    if (idempotent) return;
    if (isErasing({ type }, contracts)) await store.eraseLeft(key.aggregateId, key.messageId);
    if (sender) await send(key, await store.unsent(key), unsent ?? (envelope ? await derive(key, envelope) : []));
  }

  /**
   * The messages that follow from an applied message. There are none if an operator discarded the message or skipped
   * its version, if another message erased the subject, or if the message is no longer readable.
   */
  async function derive(key: ParkedKey, envelope: Envelope): Promise<OutgoingMessage[]> {
    // A message of an older major version is read, and handled, as the type that supersedes it.
    const readAs = contractFor(contracts, envelope.type);
    const follows = readAs && handlers(readAs.type)?.follows;
    if (!follows) return [];
    const { cursor, state } = await store.state(key.aggregateId);
    if (cursor?.erased && cursor.version !== key.version) return [];
    if (await store.isGivenUp(key)) return [];
    const message = await readIfReadable(envelope);
    return message ? follows(message, state) : [];
  }

  /** Reads a message; returns undefined if it is no longer readable, so that no messages can be derived from it. */
  async function readIfReadable(envelope: Envelope): Promise<Message<C> | undefined> {
    try {
      return readMessage(await readWhole(envelope), contracts) as Message<C>;
    } catch (error) {
      if (error instanceof UnreadableMessageError) return undefined;
      throw error;
    }
  }

  return { send, complete };
}
