import { parkedCopiesPrefixOfSubject, parkedCopyKey, sentKey } from '../../contracts/large.ts';
import { UnreadableMessageError } from '../errors.ts';
import { type Envelope, readEnvelope } from '../message.ts';
import type { ParkedMessage, SubscriberStore } from '../subscriber-store.ts';
import { isClaim, type Reader } from './whole.ts';

type ParkedBody = Pick<ParkedMessage, 'aggregateId' | 'messageId' | 'body'>;

export interface Holder extends Reader {
  /** Whether messages are applied, and parked, by id instead of by aggregate. */
  unordered: boolean;
}

/**
 * Extends a subscriber store: while a large message is parked, the store keeps a copy of its data, because the data
 * that the sender stored expires. Each subscriber has its own copies.
 */
export function withParkedCopies(
  store: SubscriberStore,
  { objects, channel, consumer, unordered }: Holder,
): SubscriberStore {
  /** The envelope of a parked message; undefined if its data is not stored apart from the message. */
  function claimIn({ body }: ParkedBody): Envelope | undefined {
    if (body === '') return undefined;
    try {
      const envelope = readEnvelope(body);
      return isClaim(envelope) ? envelope : undefined;
    } catch (error) {
      if (error instanceof UnreadableMessageError) return undefined;
      throw error;
    }
  }

  const parkedWithId = async (aggregateId: string, messageId: string): Promise<ParkedBody[]> =>
    (await store.parkedOf(aggregateId)).filter((parked) => parked.messageId === messageId);

  const isParked = async (aggregateId: string, messageId: string): Promise<boolean> =>
    (await parkedWithId(aggregateId, messageId)).some(({ body }) => body !== '');

  /**
   * Whether the copy of a message's data is needed. Checks two keys, because an unreadable message is parked under the
   * name of its queue and, once it is readable, under its aggregate.
   */
  const isNeeded = async ({ aggregateId, messageId }: ParkedBody, { id, subject }: Envelope): Promise<boolean> =>
    (await isParked(aggregateId, messageId)) || isParked(unordered ? id : subject, id);

  async function removeCopy(parked: ParkedBody): Promise<void> {
    const claim = claimIn(parked);
    // If the body of the parked message was erased, the copy was already deleted.
    if (claim && !(await isNeeded(parked, claim))) await objects.remove(parkedCopyKey(consumer, claim));
  }

  return {
    ...store,

    // The data is copied after the message is parked. If the function crashes in between, the queue redelivers the
    // message, which is then parked again, so the data is copied.
    async park(message, only) {
      // A parked message without a body was applied, and only the messages that follow from it must still be sent. The
      // copy of its data is no longer needed.
      const before = message.body === '' ? await parkedWithId(message.aggregateId, message.messageId) : [];
      await store.park(message, only);
      await Promise.all(before.map(removeCopy));
      const claim = only === 'known' ? undefined : claimIn(message);
      if (!claim) return;
      const copy = parkedCopyKey(consumer, claim);
      // If the data is missing, the error is reported when the data is read.
      await objects.copy(sentKey(channel, claim), copy);
      // The message may have been applied or erased in the meantime, before the copy existed.
      const isErased = async () => (await store.cursor(claim.subject))?.erased;
      if (!(await isNeeded(message, claim)) || (await isErased())) await objects.remove(copy);
    },

    async unpark(message) {
      await store.unpark(message);
      await removeCopy(message);
    },

    async discard(message, move, rival) {
      const done = await store.discard(message, move, rival);
      if (done.state === 'done') await removeCopy(message);
      return done;
    },

    async eraseLeft(aggregateId, but) {
      await store.eraseLeft(aggregateId, but);
      await objects.removeUnder(parkedCopiesPrefixOfSubject(consumer, aggregateId));
    },
  };
}
