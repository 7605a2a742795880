import { heldAbout, heldKey, sentKey } from '../../contracts/large.ts';
import { UnreadableMessageError } from '../errors.ts';
import { type Envelope, placeOf, readEnvelope } from '../message.ts';
import type { ParkedMessage, SubscriberStore } from '../subscriber-store.ts';
import { isClaim, type Reader } from './whole.ts';

type Held = Pick<ParkedMessage, 'aggregateId' | 'messageId' | 'body' | 'reason'>;

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

  /** Under its subject, wherever it is parked. What it said is forgotten of aggregates alone, which are subjects. */
  const copyOf = ({ aggregateId, messageId }: Held, claim: Envelope | undefined): string =>
    heldKey(consumer, claim ?? { subject: aggregateId, id: messageId });

  /** @param claim undefined: what it said is not kept any more */
  async function letGo(parked: Held, claim: Envelope | undefined): Promise<void> {
    if (!claim && parked.body !== '') return;
    const isElsewhere = async () => {
      if (!claim || parked.reason !== 'unreadable') return false;
      const { aggregateId } = placeOf(claim, unordered);
      return (await store.parkedOf(aggregateId)).some(({ messageId }) => messageId === claim.id);
    };
    if (!(await isElsewhere())) await objects.remove(copyOf(parked, claim));
  }

  return {
    ...store,

    // After the message: whoever dies in between gets it again.
    async park(message, only) {
      await store.park(message, only);
      const claim = only === 'known' ? undefined : claimIn(message);
      if (!claim) return;
      const copy = copyOf(message, claim);
      // What is missing fails when it is read.
      await objects.copy(sentKey(channel, claim, claim.datasha256 ?? ''), copy);
      // Its subject may have left meanwhile, and what was held then was erased before this.
      if ((await store.cursor(message.aggregateId))?.erased) await objects.remove(copy);
    },

    async unpark(message) {
      await store.unpark(message);
      await letGo(message, claimIn(message));
    },

    async discard(message, move, rival) {
      const done = await store.discard(message, move, rival);
      if (done.state === 'done') await letGo(message, claimIn(message));
      return done;
    },

    async eraseLeft(aggregateId, but) {
      await store.eraseLeft(aggregateId, but);
      await objects.removeUnder(heldAbout(consumer, aggregateId));
    },
  };
}
