import type { MessageContract } from '../contracts/contract.ts';
import { type Applier, type ApplierOptions, createApplier } from './applier.ts';
import type { Delivery, Outcome } from './consumer.ts';
import type { Cause } from './dead-letters.ts';
import { createDiscard } from './discard.ts';
import { HeldError, UnreadableMessageError } from './errors.ts';
import type { Shown } from './large/show.ts';
import { type Envelope, placeOf } from './message.ts';
import type { Sent } from './parking/place.ts';
import { createSweep } from './parking/sweep.ts';
import { createParking, type ParkingOptions } from './parking.ts';
import { type Expected, readExpected } from './subscriber/expected.ts';
import { createSetAside } from './subscriber/set-aside.ts';
import { createTries } from './subscriber/tries.ts';

export type SubscriberOptions<C extends MessageContract> = ApplierOptions<C> &
  Omit<ParkingOptions, 'applier' | 'readParked'> &
  Expected;

/** Applies the events of each aggregate exactly once and in order, and sets aside what cannot be applied. */
export function createSubscriber<C extends MessageContract>(options: SubscriberOptions<C>): Subscriber {
  const { idempotent = false, unordered = idempotent } = options;
  const read = (sent: Sent) => readExpected(sent, options);
  return subscriberWith({ ...options, idempotent, unordered, applier: createApplier(options), read });
}

export interface AppliedOptions extends Omit<ParkingOptions, 'applier' | 'place' | 'readParked'> {
  applier: Applier;
  /** @throws {UnreadableMessageError} if it cannot be read, or is none that is expected */
  read: (sent: Sent) => Envelope;
  idempotent: boolean;
  unordered: boolean;
  /** Shows the data of large messages. Default: there are none. */
  shown?: Shown | undefined;
}

export type Subscriber = ReturnType<typeof subscriberWith>;

/** Has messages applied by an applier, and sets aside what it cannot apply. */
export function subscriberWith(options: AppliedOptions) {
  const { applier, read, unordered, shown } = options;
  const parkingOptions = { ...options, readParked: read };
  const { park, parkUnreadable, release, redrive } = createParking(parkingOptions);
  const tries = createTries({ ...parkingOptions, park });
  const setAside = createSetAside({ ...parkingOptions, park, parkSuspect: tries.parkSuspect });

  /** Does something with a message that names its aggregate and version; another is parked as unreadable. */
  async function withEnvelope(delivery: Delivery, act: (envelope: Envelope) => Promise<Outcome>): Promise<Outcome> {
    let envelope: Envelope;
    try {
      envelope = read(delivery);
      placeOf(envelope, unordered);
    } catch (error) {
      if (!(error instanceof UnreadableMessageError)) throw error;
      await parkUnreadable(delivery, error);
      return 'parked';
    }
    return act(envelope);
  }

  return {
    sweep: createSweep({ ...parkingOptions, release }),
    redrive,
    discard: createDiscard(options),
    show: shown?.(read),
    isSuspect: tries.isSuspect,

    /**
     * Applies a message, or parks it.
     * @throws {Error} whatever may pass with time
     */
    apply: (delivery: Delivery): Promise<Outcome> =>
      withEnvelope(delivery, (envelope) => tries.attempt(envelope, delivery)),

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

    /**
     * Parks what a queue has given up, for the sweep to try: it never reached its queue; or its function died over it, or
     * could not even park it.
     */
    setAside: (delivery: Delivery, cause: Cause): Promise<Outcome> =>
      withEnvelope(delivery, (envelope) => setAside(envelope, delivery, cause)),
  };
}
