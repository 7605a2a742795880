import type { MessageContract } from '../contracts/contract.ts';
import { type Applier, type ApplierOptions, createApplier } from './applier.ts';
import type { Delivery, Outcome } from './consumer.ts';
import type { DeadLetterCause } from './dead-letters.ts';
import { createDiscard } from './discard.ts';
import { HeldError, UnreadableMessageError } from './errors.ts';
import type { ShowFactory } from './large/show.ts';
import { type Envelope, positionOf } from './message.ts';
import type { Sent } from './parking/parking-writer.ts';
import { createSweep } from './parking/sweep.ts';
import { createParking, type ParkingOptions } from './parking.ts';
import { type Expected, readExpected } from './subscriber/expected.ts';
import { createParkDeadLetter } from './subscriber/park-dead-letter.ts';
import { createTries } from './subscriber/tries.ts';

export type SubscriberOptions<C extends MessageContract> = ApplierOptions<C> &
  Omit<ParkingOptions, 'applier' | 'readParked'> &
  Expected;

/**
 * Creates a subscriber, which applies messages, and parks messages that cannot be applied. Unless the subscriber is
 * `unordered` or `idempotent`, it applies the events of each aggregate exactly once and in order.
 */
export function createSubscriber<C extends MessageContract>(options: SubscriberOptions<C>): Subscriber {
  const { idempotent = false, unordered = idempotent } = options;
  const read = (sent: Sent) => readExpected(sent, options);
  return subscriberWith({ ...options, idempotent, unordered, applier: createApplier(options), read });
}

export interface AppliedOptions extends Omit<ParkingOptions, 'applier' | 'writer' | 'readParked'> {
  applier: Applier;
  /** Reads a message. @throws {UnreadableMessageError} if it is unreadable or of an unexpected type or sender */
  read: (sent: Sent) => Envelope;
  idempotent: boolean;
  unordered: boolean;
  /** Creates the function that shows the data of large messages. Default: there are no large messages. */
  createShow?: ShowFactory | undefined;
}

export type Subscriber = ReturnType<typeof subscriberWith>;

/** Creates a subscriber, which applies messages with an applier, and parks messages that the applier cannot apply. */
export function subscriberWith(options: AppliedOptions) {
  const { applier, read, unordered, createShow } = options;
  const parkingOptions = { ...options, readParked: read };
  const { park, parkUnreadable, release, redrive } = createParking(parkingOptions);
  const tries = createTries({ ...parkingOptions, park });
  const parkDeadLetter = createParkDeadLetter({ ...parkingOptions, park, parkSuspect: tries.parkSuspect });

  /** Calls `act` with a message that has a readable aggregate and version. Parks any other message as unreadable. */
  async function withEnvelope(delivery: Delivery, act: (envelope: Envelope) => Promise<Outcome>): Promise<Outcome> {
    let envelope: Envelope;
    try {
      envelope = read(delivery);
      positionOf(envelope, unordered);
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
    show: createShow?.(read),
    isSuspect: tries.isSuspect,

    /**
     * Applies a message, or parks it.
     * @throws {Error} if a later attempt may succeed
     */
    apply: (delivery: Delivery): Promise<Outcome> =>
      withEnvelope(delivery, (envelope) => tries.attempt(envelope, delivery)),

    /**
     * Parks a message without trying it: as `gap` if its predecessor is missing, as `below-baseline` if its version is
     * below the baseline, otherwise as `held`. Recognises duplicates.
     */
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
     * Parks a dead letter, which the sweep then tries to apply. If the dead letter was already applied and is not an
     * erasing message, instead sends the messages that follow from it. A message becomes a dead letter if SNS could not
     * deliver it to the queue, or if it was received too often, for example because the function crashed or could not
     * park the message.
     */
    parkDeadLetter: (delivery: Delivery, cause: DeadLetterCause): Promise<Outcome> =>
      withEnvelope(delivery, (envelope) => parkDeadLetter(envelope, delivery, cause)),
  };
}
