import { heldAbout, heldKey, sentKey } from '../../contracts/large.ts';
import { UnreadableMessageError } from '../errors.ts';
import { type Envelope, readEnvelope } from '../message.ts';
import type { ParkedMessage, SubscriberStore } from '../subscriber-store.ts';
import { isClaim, type Reader } from './whole.ts';

type Held = Pick<ParkedMessage, 'aggregateId' | 'messageId' | 'body'>;

export interface Holder extends Reader {
  /** Whether messages are applied, and parked, by their ids. */
  unordered: boolean;
}

/**
 * A subscriber's table that holds the data of large messages for as long as they are parked: by a copy of its own, which does
 * not expire. Each subscriber parks for itself, and so holds for itself.
 */
export function holdingData(
  store: SubscriberStore,
  { objects, channel, consumer, unordered }: Holder,
): SubscriberStore {
  /** The message that is parked, if it has its data elsewhere. */
  function claimIn({ body }: Held): Envelope | undefined {
    if (body === '') return undefined;
    try {
      const envelope = readEnvelope(body);
      return isClaim(envelope) ? envelope : undefined;
    } catch (error) {
      if (error instanceof UnreadableMessageError) return undefined;
      throw error;
    }
  }

  const parkedAs = async (aggregateId: string, messageId: string): Promise<Held[]> =>
    (await store.parkedOf(aggregateId)).filter((parked) => parked.messageId === messageId);

  const isParked = async (aggregateId: string, messageId: string): Promise<boolean> =>
    (await parkedAs(aggregateId, messageId)).some(({ body }) => body !== '');

  /** One that could not be read is parked under its queue; and, once it can be, under its own aggregate. */
  const isNeeded = async ({ aggregateId, messageId }: Held, { id, subject }: Envelope): Promise<boolean> =>
    (await isParked(aggregateId, messageId)) || isParked(unordered ? id : subject, id);

  async function letGo(parked: Held): Promise<void> {
    const claim = claimIn(parked);
    // Of what was erased, the copies were, too.
    if (claim && !(await isNeeded(parked, claim))) await objects.remove(heldKey(consumer, claim));
  }

  return {
    ...store,

    // After the message: whoever dies in between gets it again.
    async park(message, only) {
      // One that has only something to send loses its body.
      const before = message.body === '' ? await parkedAs(message.aggregateId, message.messageId) : [];
      await store.park(message, only);
      await Promise.all(before.map(letGo));
      const claim = only === 'known' ? undefined : claimIn(message);
      if (!claim) return;
      const copy = heldKey(consumer, claim);
      // What is missing fails when it is read.
      await objects.copy(sentKey(channel, claim), copy);
      // Meanwhile it may have been applied or erased by another, who found no copy yet.
      const isErased = async () => (await store.cursor(claim.subject))?.erased;
      if (!(await isNeeded(message, claim)) || (await isErased())) await objects.remove(copy);
    },

    async unpark(message) {
      await store.unpark(message);
      await letGo(message);
    },

    async discard(message, move, rival) {
      const done = await store.discard(message, move, rival);
      if (done.state === 'done') await letGo(message);
      return done;
    },

    async eraseLeft(aggregateId, but) {
      await store.eraseLeft(aggregateId, but);
      await objects.removeUnder(heldAbout(consumer, aggregateId));
    },
  };
}
