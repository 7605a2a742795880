import { parkedCopiesAbout, parkedCopyKey, sentKey } from '../../contracts/large.ts';
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
 * A subscriber store that copies the data of large messages while they are parked, because the sender's data expires.
 * Each subscriber has its own copies.
 */
export function withParkedCopies(
  store: SubscriberStore,
  { objects, channel, consumer, unordered }: Holder,
): SubscriberStore {
  /** The envelope of a parked message, if its data is stored apart. */
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

  /** An unreadable message is parked under its queue. Once it is readable, it is parked under its own aggregate. */
  const isNeeded = async ({ aggregateId, messageId }: ParkedBody, { id, subject }: Envelope): Promise<boolean> =>
    (await isParked(aggregateId, messageId)) || isParked(unordered ? id : subject, id);

  async function removeCopy(parked: ParkedBody): Promise<void> {
    const claim = claimIn(parked);
    // If the message was erased, the copy was deleted with it.
    if (claim && !(await isNeeded(parked, claim))) await objects.remove(parkedCopyKey(consumer, claim));
  }

  return {
    ...store,

    // The data is copied after the message is parked, so that a crash in between leads to a redelivery.
    async park(message, only) {
      // A parked message without a body has been applied, and only its outgoing messages are still to be sent. Its copy
      // is no longer needed.
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
      await objects.removeUnder(parkedCopiesAbout(consumer, aggregateId));
    },
  };
}
