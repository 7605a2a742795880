import { CRASHES_BEFORE_PARKING, RECEIVES_BEFORE_PARKING } from '../../contracts/redelivery.ts';
import type { Applier, Attempt } from '../applier.ts';
import type { Delivery, Outcome } from '../consumer.ts';
import { PostponedError, TransientError, UnreadableMessageError } from '../errors.ts';
import { type Envelope, positionOf } from '../message.ts';
import type { Sent } from '../parking/parking-writer.ts';
import { reasonOf } from '../parking/policy.ts';
import type { Parking } from '../parking.ts';
import type { ParkedKey, SubscriberStore } from '../subscriber-store.ts';

export interface TriesOptions {
  store: SubscriberStore;
  applier: Applier;
  park: Parking['park'];
  unordered: boolean;
  /** Reads a message. @throws {UnreadableMessageError} if it is unreadable or of an unexpected type or sender */
  read: (sent: Sent) => Envelope;
}

/**
 * Estimates the number of attempts from the number of receives: at most {@link RECEIVES_BEFORE_PARKING}, because
 * further receives may have been postponements instead of attempts.
 */
const triesOf = (receives: number) => Math.min(receives, RECEIVES_BEFORE_PARKING);

/** Creates the functions that try to apply the messages that a queue delivers. */
export function createTries({ store, applier, park, unordered, read }: TriesOptions) {
  const keyOf = (envelope: Envelope): ParkedKey => ({ ...positionOf(envelope, unordered), messageId: envelope.id });

  async function parkSuspect(envelope: Envelope, delivery: Delivery): Promise<Outcome> {
    const error = new TransientError(
      'the function crashed or timed out while it processed this message or another message of its batch',
    );
    const suspect = { outcome: 'parked', reason: 'retry', error } as const;
    await park(envelope, delivery, suspect, { attempts: delivery.receives, unanswered: 1 });
    return 'parked';
  }

  /** Tries a message, and parks it if necessary. */
  async function attempt(envelope: Envelope, delivery: Delivery): Promise<Outcome> {
    const { receives } = delivery;
    const attempted = await applier.apply(envelope, { receives }).catch((error: Error): Attempt | Error => {
      if (receives < RECEIVES_BEFORE_PARKING || error instanceof PostponedError) return error;
      return { outcome: 'parked', reason: reasonOf(error), error };
    });
    if (attempted instanceof Error) throw attempted;
    if (attempted.outcome === 'parked') await park(envelope, delivery, attempted, { attempts: triesOf(receives) });
    return attempted.outcome;
  }

  /**
   * Tries a message with many receives. Records the attempt, so that a crash during the attempt is detected. After
   * {@link CRASHES_BEFORE_PARKING} crashes, parks the message instead.
   */
  async function attemptWithRecord(envelope: Envelope, delivery: Delivery): Promise<Outcome> {
    const key = keyOf(envelope);
    const crashes = await store.begin(key);
    try {
      return await (crashes < CRASHES_BEFORE_PARKING ? attempt(envelope, delivery) : parkSuspect(envelope, delivery));
    } finally {
      await store.end(key);
    }
  }

  return {
    parkSuspect,

    attempt: (envelope: Envelope, delivery: Delivery): Promise<Outcome> =>
      delivery.receives > RECEIVES_BEFORE_PARKING ? attemptWithRecord(envelope, delivery) : attempt(envelope, delivery),

    /**
     * Whether an earlier attempt began and did not end, because the function crashed while it processed this message or
     * a concurrent message.
     */
    async isSuspect(delivery: Delivery): Promise<boolean> {
      if (delivery.receives <= RECEIVES_BEFORE_PARKING) return false;
      try {
        return (await store.begun(keyOf(read(delivery)))) > 0;
      } catch (error) {
        if (error instanceof UnreadableMessageError) return false;
        throw error;
      }
    },
  };
}

export type Tries = ReturnType<typeof createTries>;
