import type { ApplyOptions, Attempt, Parked } from '../applier.ts';
import { PermanentError, PostponedError, TransientError } from '../errors.ts';
import type { ParkedMessage } from '../subscriber-store.ts';
import { UnsentError } from '../unsent-error.ts';
import type { RetryOptions } from './completion.ts';
import { type ReleaseOutcome, reasonOf } from './policy.ts';

/** If the sweep crashes this often in succession while it processes a message, the message waits for an operator. */
const MAX_CRASHES = 5;

const removedAfter = ({ outcome }: Exclude<Attempt, Parked>): ReleaseOutcome => ({
  removedAs: outcome === 'applied' ? 'applied' : 'obsolete',
});

/** Creates the functions that retry messages that could not be applied or read. */
export function createRetry({ store, writer, applier, readParked, now }: RetryOptions) {
  async function attempt(parked: ParkedMessage, policy: ApplyOptions): Promise<Attempt> {
    try {
      return await applier.apply(readParked(parked), policy);
    } catch (error) {
      const reason = reasonOf(error as Error);
      // A released message that fails temporarily waits until an operator releases it again. If the sweep retried the
      // message, the limit or switch that held it would hold it again.
      return {
        outcome: 'parked',
        reason: policy.released && reason === 'retry' ? 'held' : reason,
        error: error as Error,
      };
    }
  }

  return {
    /** Tries a message that is next in order. */
    async tryAgain(parked: ParkedMessage, mayAdopt: boolean, redriven: boolean): Promise<ReleaseOutcome> {
      const attempts = parked.attempts + 1;
      const unanswered = (parked.unanswered ?? 0) + 1;
      if (parked.reason !== 'failed' && unanswered > MAX_CRASHES) {
        const error = new PermanentError(
          `the sweep crashed while it processed this message; ${parked.error ?? 'no attempt has returned'}`,
        );
        return writer.update({ ...parked, reason: 'failed' }, error);
      }
      const released = parked.reason === 'held';
      const reason = parked.reason === 'failed' || released ? parked.reason : 'retry';
      // The attempt is recorded before it begins. If it crashes the sweep, the next sweep finds the record, and does
      // not begin with this message.
      await store.park({ ...parked, reason, attempts, unanswered, nextTryAt: writer.nextTry(attempts) }, 'known');
      const attempted = await attempt(parked, { mayAdopt, released, redriven });
      if (attempted.outcome !== 'parked') {
        await store.unpark(parked);
        return removedAfter(attempted);
      }
      if (attempted.error instanceof PostponedError) {
        // A postponement does not count as an attempt, so the previous number of attempts is restored.
        const { unanswered: _, ...before } = parked;
        const { error, reason: because } = attempted;
        return writer.update({ ...before, reason: because, nextTryAt: error.until.toISOString() }, error);
      }
      const updated = await writer.record(parked, attempted, { attempts, parkedAt: parked.parkedAt });
      return {
        parked: updated,
        error: attempted.error ?? new TransientError('the cursor of the aggregate moved in the meantime'),
      };
    },

    /** Retries a message that could not be read: repaired code may be able to read it now. */
    async readAgain(parked: ParkedMessage, redriven: boolean): Promise<ReleaseOutcome> {
      const attempts = parked.attempts + 1;
      try {
        const envelope = readParked(parked);
        const attempted = await applier.apply(envelope, { redriven }).catch((error: Error): Parked => {
          if (error instanceof UnsentError) return { outcome: 'parked', reason: 'unsent', error };
          throw error;
        });
        if (attempted.outcome !== 'parked') {
          await store.unpark(parked);
          return removedAfter(attempted);
        }
        const updated = await writer.park(envelope, parked, attempted, { attempts });
        await store.unpark(parked);
        return { parked: updated };
      } catch (error) {
        return writer.update({ ...parked, attempts, triedAt: now().toISOString() }, error as Error);
      }
    },
  };
}
