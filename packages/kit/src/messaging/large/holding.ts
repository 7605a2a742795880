import { heldAbout, heldKey, sentKey } from '../../contracts/large.ts';
import { UnreadableMessageError } from '../errors.ts';
import { type Envelope, readEnvelope } from '../message.ts';
import type { ParkedMessage, SubscriberStore } from '../subscriber-store.ts';
import { isClaim, type Reader } from './whole.ts';

type ParkedBody = Pick<ParkedMessage, 'aggregateId' | 'messageId' | 'body'>;

export interface Holder extends Reader {
  /** Whether messages are applied, and parked, by id. */
  unordered: boolean;
}

/**
 * A subscriber store that keeps the data of large messages as long as they are parked: as a copy that does not expire.
 * Each subscriber keeps copies of its own.
 */
export function keepingData(
  store: SubscriberStore,
  { objects, channel, consumer, unordered }: Holder,
): SubscriberStore {
  /** The parked message, if its data is stored apart. */
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

  const parkedAs = async (aggregateId: string, messageId: string): Promise<ParkedBody[]> =>
    (await store.parkedOf(aggregateId)).filter((parked) => parked.messageId === messageId);

  const isParked = async (aggregateId: string, messageId: string): Promise<boolean> =>
    (await parkedAs(aggregateId, messageId)).some(({ body }) => body !== '');

  /** An unreadable message is parked under its queue and, once it is readable, under its own aggregate. */
  const isNeeded = async ({ aggregateId, messageId }: ParkedBody, { id, subject }: Envelope): Promise<boolean> =>
    (await isParked(aggregateId, messageId)) || isParked(unordered ? id : subject, id);

  async function removeCopy(parked: ParkedBody): Promise<void> {
    const claim = claimIn(parked);
    // Erasing the message has deleted the copies, too.
    if (claim && !(await isNeeded(parked, claim))) await objects.remove(heldKey(consumer, claim));
  }

  return {
    ...store,

    // After the message, so that a crash in between leads to a redelivery.
    async park(message, only) {
      // A message that only has messages to send keeps no body.
      const before = message.body === '' ? await parkedAs(message.aggregateId, message.messageId) : [];
      await store.park(message, only);
      await Promise.all(before.map(removeCopy));
      const claim = only === 'known' ? undefined : claimIn(message);
      if (!claim) return;
      const copy = heldKey(consumer, claim);
      // Missing data is reported when it is read.
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
      await objects.removeUnder(heldAbout(consumer, aggregateId));
    },
  };
}
