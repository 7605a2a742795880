import { maySend, type SenderRules } from '../contracts/channel.ts';
import type { MessageContract } from '../contracts/contract.ts';
import { DEATHS_BEFORE_PARKING, RECEIVES_BEFORE_PARKING } from '../contracts/redelivery.ts';
import { type ApplierOptions, type Attempt, createApplier } from './applier.ts';
import type { Delivery, Outcome } from './consumer.ts';
import { decide } from './cursor.ts';
import type { Cause } from './dead-letters.ts';
import { createDiscard } from './discard.ts';
import { HeldError, PostponedError, TransientError, UnreadableMessageError } from './errors.ts';
import { type Envelope, isErasing, isOtherRendition, placeOf, readEnvelope } from './message.ts';
import type { Sent } from './parking/place.ts';
import { reasonOf } from './parking/policy.ts';
import { createSweep } from './parking/sweep.ts';
import { createParking, type ParkingOptions } from './parking.ts';
import { isSentBy } from './sender-id.ts';
import type { ParkedKey } from './subscriber-store.ts';
import { UnsentError } from './unsent-error.ts';

export type SubscriberOptions<C extends MessageContract> = ApplierOptions<C> &
  Omit<ParkingOptions, 'applier' | 'readParked'> & {
    /** Where its messages come from. */
    channel: SenderRules;
    /** What the names of functions begin with that may send to its queue; missing: nobody verifies who has sent a message. */
    senderPrefix?: string | undefined;
  };

/** Receives beyond these may have been no tries. */
const triesOf = (receives: number) => Math.min(receives, RECEIVES_BEFORE_PARKING);

/** Applies the events of each aggregate exactly once and in order, and sets aside what cannot be applied. */
export function createSubscriber<C extends MessageContract>(options: SubscriberOptions<C>) {
  const { store, contracts, channel, senderPrefix, idempotent = false, unordered = idempotent } = options;
  const applier = createApplier(options);

  /** @throws {UnreadableMessageError} also if its source may not send it, or has not sent it */
  function readExpected({ body, senderId }: Sent): Envelope {
    const envelope = readEnvelope(body);
    const { id, source, type } = envelope;
    if (!maySend(channel, envelope))
      throw new UnreadableMessageError(`message ${id}: ${source} may not send ${type} on this channel`);
    if (senderPrefix !== undefined && !isSentBy(source, senderId, senderPrefix))
      throw new UnreadableMessageError(`message ${id}: sent by ${senderId}, which is no function of ${source}`);
    return envelope;
  }

  const parkingOptions = { ...options, unordered, applier, readParked: readExpected };
  const { park, parkUnreadable, release, redrive } = createParking(parkingOptions);

  /** Does something with a message that names its aggregate and version; another is parked as unreadable. */
  async function withEnvelope(delivery: Delivery, act: (envelope: Envelope) => Promise<Outcome>): Promise<Outcome> {
    let envelope: Envelope;
    try {
      envelope = readExpected(delivery);
      placeOf(envelope, unordered);
    } catch (error) {
      if (!(error instanceof UnreadableMessageError)) throw error;
      await parkUnreadable(delivery, error);
      return 'parked';
    }
    return act(envelope);
  }

  const keyOf = (envelope: Envelope): ParkedKey => ({ ...placeOf(envelope, unordered), messageId: envelope.id });

  async function parkSuspect(envelope: Envelope, delivery: Delivery): Promise<Outcome> {
    const error = new TransientError(
      'given up: its function died or ran out of time over it, or over another message of its batch',
    );
    const suspect = { outcome: 'parked', reason: 'retry', error } as const;
    await park(envelope, delivery, suspect, { attempts: delivery.receives, unanswered: 1 });
    return 'parked';
  }

  /** Tries a message, and parks it if it must. */
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

  /** Tries a message that has come often, and notes that, for its function may have died over it. */
  async function attemptNoted(envelope: Envelope, delivery: Delivery): Promise<Outcome> {
    const key = keyOf(envelope);
    const deaths = await store.begin(key);
    try {
      return await (deaths < DEATHS_BEFORE_PARKING ? attempt(envelope, delivery) : parkSuspect(envelope, delivery));
    } finally {
      await store.end(key);
    }
  }

  return {
    sweep: createSweep({ ...parkingOptions, release }),
    redrive,
    discard: createDiscard(options),

    /**
     * Applies a message, or parks it.
     * @throws {Error} whatever may pass with time
     */
    apply: (delivery: Delivery): Promise<Outcome> =>
      withEnvelope(delivery, (envelope) =>
        delivery.receives > RECEIVES_BEFORE_PARKING ? attemptNoted(envelope, delivery) : attempt(envelope, delivery),
      ),

    /** Parks a message untried, for a person to release; unless it was applied before. */
    hold: (delivery: Delivery, because: string): Promise<Outcome> =>
      withEnvelope(delivery, async (envelope) => {
        const attempted = await applier.apply(envelope, {
          held: new HeldError(because),
          receives: delivery.receives,
        });
        if (attempted.outcome === 'parked') await park(envelope, delivery, attempted, { attempts: 0 });
        return attempted.outcome;
      }),

    /** Whether a try of the message began before and never ended: its function died over it, or over another beside it. */
    async isSuspect({ body, receives }: Delivery): Promise<boolean> {
      if (receives <= RECEIVES_BEFORE_PARKING) return false;
      try {
        return (await store.begun(keyOf(readEnvelope(body)))) > 0;
      } catch (error) {
        if (error instanceof UnreadableMessageError) return false;
        throw error;
      }
    },

    /**
     * Parks what a queue has given up, for the sweep to try: it never reached its queue; or its function died over it, or
     * could not even park it.
     */
    setAside: (delivery: Delivery, cause: Cause): Promise<Outcome> =>
      withEnvelope(delivery, async (envelope) => {
        if (isOtherRendition(envelope, contracts)) return 'ignored';
        const place = placeOf(envelope, unordered);
        const decision = decide(await store.cursor(place.aggregateId), place.version);
        // One that erases is left to the sweep, which may look for what there is to erase.
        if (decision.action === 'acknowledge' && !isErasing(envelope, contracts)) {
          try {
            await applier.settle({ ...place, messageId: envelope.id, type: envelope.type, envelope });
          } catch (error) {
            if (!(error instanceof UnsentError)) throw error;
            const unsent = { outcome: 'parked', reason: 'unsent', error } as const;
            await park(envelope, delivery, unsent, { attempts: delivery.receives });
            return 'parked';
          }
          return 'duplicate';
        }
        if (cause === 'undelivered') {
          await park(envelope, delivery, { outcome: 'parked', reason: 'gap' }, { attempts: 0 });
          return 'parked';
        }
        return parkSuspect(envelope, delivery);
      }),
  };
}
