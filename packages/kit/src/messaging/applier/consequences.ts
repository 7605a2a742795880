import type { MessageContract } from '../../contracts/contract.ts';
import { UnreadableMessageError } from '../errors.ts';
import { type Handlers, handlersOf } from '../handlers.ts';
import type { ReadWhole } from '../large/whole.ts';
import { contractFor, type Envelope, isErasing, type Message, type Place, readMessage } from '../message.ts';
import type { OutgoingMessage } from '../outgoing.ts';
import type { Sender } from '../sender.ts';
import type { ParkedKey, SubscriberStore } from '../subscriber-store.ts';
import { UnsentError } from '../unsent-error.ts';

export interface ConsequencesOptions<C extends MessageContract> {
  store: SubscriberStore;
  contracts: readonly C[];
  handlers: Handlers<C>;
  /** Whether they need no cursor either, as each handler is idempotent by the state that it writes. */
  idempotent?: boolean;
  /** Sends what effects have to send; none is needed if no effect has. */
  sender?: Sender | undefined;
  /** Default: all messages have their data with them. */
  readWhole?: ReadWhole | undefined;
}

/** A message that was applied: its type, if anybody could read it, and what is left of it. */
export type Applied = ParkedKey & { type?: string; envelope?: Envelope; unsent?: readonly OutgoingMessage[] };

export type Consequences = ReturnType<typeof createConsequences>;

/** What an applied message still has to do: it erases, and sends what follows. */
export function createConsequences<C extends MessageContract>(options: ConsequencesOptions<C>) {
  const { store, contracts, idempotent = false, sender, readWhole = async (envelope) => envelope } = options;
  const handlers = handlersOf(options.handlers);

  /**
   * @param kept what is kept with the cursor until it is sent
   * @param derived what is kept nowhere
   */
  async function send(place: Place, kept: readonly OutgoingMessage[], derived: readonly OutgoingMessage[]) {
    const messages = [...kept, ...derived];
    if (messages.length === 0) return;
    if (!sender) throw new Error(`${place.aggregateId}: there is something to send, and no sender`);
    const errors = await sender.send(messages);
    const left = kept.filter((message) => errors.has(message));
    if (left.length < kept.length) await store.sent(place, left);
    const [cause] = errors.values();
    if (!cause) return;
    const unsent = derived.filter((message) => errors.has(message));
    throw new UnsentError(`applied, but what follows could not be sent: ${cause.message}`, { cause, unsent });
  }

  /**
   * Finishes what an applied message left undone, whose function may have died right after the commit.
   * @throws {UnsentError} if it cannot be sent
   */
  async function settle({ type = '', envelope, unsent, ...key }: Applied): Promise<void> {
    if (idempotent) return;
    if (isErasing({ type }, contracts)) await store.eraseLeft(key.aggregateId, key.messageId);
    if (sender) await send(key, await store.unsent(key), unsent ?? (envelope ? await derive(key, envelope) : []));
  }

  /** What follows from a message that was applied. Nothing follows from one that was skipped, or whose subject has left. */
  async function derive(key: ParkedKey, envelope: Envelope): Promise<OutgoingMessage[]> {
    // By the type that it is read as: an older one is handled as its successor.
    const readAs = contractFor(contracts, envelope.type);
    const follows = readAs && handlers(readAs.type)?.follows;
    if (!follows) return [];
    const { cursor, state } = await store.state(key.aggregateId);
    if (cursor?.erased && cursor.version !== key.version) return [];
    if (await store.isGivenUp(key)) return [];
    const message = await readIfAble(envelope);
    return message ? follows(message, state) : [];
  }

  /** Of a message that was applied before, and can no longer be read, nothing can be derived. */
  async function readIfAble(envelope: Envelope): Promise<Message<C> | undefined> {
    try {
      return readMessage(await readWhole(envelope), contracts) as Message<C>;
    } catch (error) {
      if (error instanceof UnreadableMessageError) return undefined;
      throw error;
    }
  }

  return { send, settle };
}
