import type { MessageContract } from '../../contracts/contract.ts';
import type { Delivery, Outcome } from '../consumer.ts';
import { decide } from '../cursor.ts';
import type { DeadLetterCause } from '../dead-letters.ts';
import { type Envelope, isErasing, isOtherRendition, positionOf } from '../message.ts';
import { UnsentError } from '../unsent-error.ts';
import type { Tries, TriesOptions } from './tries.ts';

export interface ParkDeadLetterOptions extends TriesOptions {
  contracts: readonly MessageContract[];
  parkSuspect: Tries['parkSuspect'];
}

/**
 * Creates a function that parks dead letters, which the sweep then tries to apply. If a dead letter was already applied
 * and is not an erasing message, the function instead sends the messages that follow from it.
 */
export const createParkDeadLetter =
  ({ store, applier, park, parkSuspect, contracts, unordered }: ParkDeadLetterOptions) =>
  async (envelope: Envelope, delivery: Delivery, cause: DeadLetterCause): Promise<Outcome> => {
    if (isOtherRendition(envelope, contracts)) return 'ignored';
    const position = positionOf(envelope, unordered);
    const decision = decide(await store.cursor(position.aggregateId), position.version);
    // An erasing message is parked even if it was applied, because the function may have crashed before it erased the
    // content of the aggregate's other messages. The sweep erases this content when it completes the erasing message.
    if (decision.action === 'acknowledge' && !isErasing(envelope, contracts)) {
      try {
        await applier.complete({ ...position, messageId: envelope.id, type: envelope.type, envelope });
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
  };
