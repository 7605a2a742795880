import type { Applier } from '../applier.ts';
import { UnreadableMessageError } from '../errors.ts';
import type { Envelope } from '../message.ts';
import type { ParkedMessage, SubscriberStore } from '../subscriber-store.ts';
import { UnsentError } from '../unsent-error.ts';
import type { ParkingWriter } from './parking-writer.ts';
import { isDue, type Reading, type ReleaseOutcome, type RetryPolicy } from './policy.ts';

/** The dependencies for retrying or completing a parked message. */
export interface RetryOptions extends Pick<Reading, 'readParked'> {
  store: SubscriberStore;
  writer: ParkingWriter;
  applier: Applier;
  now: () => Date;
}

/**
 * Creates a function that completes a message that was applied and is still parked. The function sends the messages
 * that follow from the parked message, and unparks it.
 */
export function createCompletion({ store, writer, applier, readParked, now }: RetryOptions) {
  /**
   * The envelope of a message that was applied and is still parked; missing if the body was erased or is unreadable.
   */
  function envelopeIn(parked: ParkedMessage): { envelope?: Envelope } {
    if (parked.body === '') return {};
    try {
      return { envelope: readParked(parked) };
    } catch (error) {
      if (error instanceof UnreadableMessageError) return {};
      throw error;
    }
  }

  return async function complete(parked: ParkedMessage, policy: RetryPolicy): Promise<ReleaseOutcome> {
    const isUnsent = parked.reason === 'unsent';
    if (isUnsent && !isDue(parked, { ...policy, isOff: false }, now())) return { parked };
    try {
      await applier.complete({ ...parked, ...(isUnsent ? {} : envelopeIn(parked)) });
    } catch (error) {
      const attempts = parked.attempts + 1;
      // After an error other than `UnsentError`, the message stays parked with its body, because the body may be needed
      // to derive the messages that follow.
      if (!(error instanceof UnsentError))
        return writer.update(
          { ...parked, attempts, nextTryAt: writer.nextTry(attempts), triedAt: now().toISOString() },
          error as Error,
        );
      const unsent = { outcome: 'parked', reason: 'unsent', error } as const;
      const updated = await writer.record(parked, unsent, { attempts, parkedAt: parked.parkedAt });
      return { parked: updated, error };
    }
    await store.unpark(parked);
    return { removedAs: isUnsent ? 'applied' : 'obsolete' };
  };
}
