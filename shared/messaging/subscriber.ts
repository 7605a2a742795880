import { RECEIVES_BEFORE_PARKING } from '../config/redelivery.ts';
import type { MessageContract } from '../contracts/contract.ts';
import { type ApplierOptions, type Attempt, createApplier } from './applier.ts';
import type { Delivery, Outcome } from './consumer.ts';
import { decide } from './cursor.ts';
import { createDiscard } from './discard.ts';
import { TransientError, UnreadableMessageError, UnsentError } from './errors.ts';
import { type Envelope, isOtherRendition, placeOf, readEnvelope } from './message.ts';
import { createParking, type ParkingOptions, reasonOf } from './parking.ts';

export type SubscriberOptions<C extends MessageContract> = ApplierOptions<C> & Omit<ParkingOptions, 'applier'>;

/** Applies the events of each aggregate exactly once and in order, and sets aside what cannot be applied. */
export function createSubscriber<C extends MessageContract>(options: SubscriberOptions<C>) {
  const { store, contracts, unordered = false } = options;
  const applier = createApplier(options);
  const { park, parkUnreadable, sweep, redrive, mayBegin, isOld } = createParking({ ...options, applier });

  /** Does something with a message that names its aggregate and version; another is parked as unreadable. */
  async function withEnvelope(delivery: Delivery, act: (envelope: Envelope) => Promise<Outcome>): Promise<Outcome> {
    let envelope: Envelope;
    try {
      envelope = readEnvelope(delivery.body);
      placeOf(envelope, unordered);
    } catch (error) {
      if (!(error instanceof UnreadableMessageError)) throw error;
      await parkUnreadable(delivery, error);
      return 'parked';
    }
    return act(envelope);
  }

  return {
    sweep,
    redrive,
    discard: createDiscard({ ...options, mayBegin, isOld }),

    /**
     * Applies a message, or parks it.
     * @throws {Error} whatever may pass with time
     */
    apply: (delivery: Delivery): Promise<Outcome> =>
      withEnvelope(delivery, async (envelope) => {
        const attempted = await applier.apply(envelope).catch((error: Error): Attempt => {
          if (delivery.receives < RECEIVES_BEFORE_PARKING) throw error;
          return { outcome: 'parked', reason: reasonOf(error), error };
        });
        if (attempted.outcome === 'parked') {
          await park(envelope, delivery.body, attempted, { attempts: delivery.receives });
        }
        return attempted.outcome;
      }),

    /**
     * Parks what a queue has given up, for the sweep to try: it never reached its queue; or its function died over it, or
     * could not even park it.
     */
    setAside: (delivery: Delivery, cause: 'died' | 'undelivered'): Promise<Outcome> =>
      withEnvelope(delivery, async (envelope) => {
        if (isOtherRendition(envelope, contracts)) return 'ignored';
        const place = placeOf(envelope, unordered);
        const decision = decide(await store.cursor(place.aggregateId), place.version);
        if (decision.action === 'acknowledge') {
          try {
            await applier.settle(place);
          } catch (error) {
            if (!(error instanceof UnsentError)) throw error;
            const unsent = { outcome: 'parked', reason: 'unsent', error } as const;
            await park(envelope, delivery.body, unsent, { attempts: delivery.receives });
            return 'parked';
          }
          return 'duplicate';
        }
        if (cause === 'undelivered') {
          await park(envelope, delivery.body, { outcome: 'parked', reason: 'gap' }, { attempts: 0 });
        } else {
          const error = new TransientError(
            'given up by its queue: its function died or ran out of time over it, or over another message of its batch',
          );
          const suspect = { attempts: delivery.receives, unanswered: 1 };
          await park(envelope, delivery.body, { outcome: 'parked', reason: 'retry', error }, suspect);
        }
        return 'parked';
      }),
  };
}
