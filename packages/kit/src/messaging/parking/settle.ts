import type { Applier } from '../applier.ts';
import { UnreadableMessageError } from '../errors.ts';
import type { Envelope } from '../message.ts';
import type { ParkedMessage, SubscriberStore } from '../subscriber-store.ts';
import { UnsentError } from '../unsent-error.ts';
import type { ParkingPlace } from './place.ts';
import { type How, isDue, type Reading, type Released } from './policy.ts';

/** What it takes to try a parked message. */
export interface Trying extends Pick<Reading, 'readParked'> {
  store: SubscriberStore;
  place: ParkingPlace;
  applier: Applier;
  now: () => Date;
}

/** Finishes what a message left undone that was applied, and is parked still. */
export function createSettle({ store, place, applier, readParked, now }: Trying) {
  /** What a message says that is parked still, though it was applied; nothing, if it was erased or cannot be read. */
  function leftOf(parked: ParkedMessage): { envelope?: Envelope } {
    if (parked.body === '') return {};
    try {
      return { envelope: readParked(parked) };
    } catch (error) {
      if (error instanceof UnreadableMessageError) return {};
      throw error;
    }
  }

  return async function settle(parked: ParkedMessage, how: How): Promise<Released> {
    const isUnsent = parked.reason === 'unsent';
    if (isUnsent && !isDue(parked, { ...how, isOff: false }, now())) return { left: parked };
    try {
      await applier.settle({ ...parked, ...(isUnsent ? {} : leftOf(parked)) });
    } catch (error) {
      const attempts = parked.attempts + 1;
      // What it says, or what is left of it, is needed still.
      if (!(error instanceof UnsentError))
        return place.leave(
          { ...parked, attempts, nextTryAt: place.nextTry(attempts), triedAt: now().toISOString() },
          error as Error,
        );
      const unsent = { outcome: 'parked', reason: 'unsent', error } as const;
      const left = await place.keep(parked, unsent, { attempts, parkedAt: parked.parkedAt });
      return { left, error };
    }
    await store.unpark(parked);
    return { gone: isUnsent ? 'applied' : 'obsolete' };
  };
}
