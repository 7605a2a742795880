import { decide } from '../cursor.ts';
import type { ParkedMessage } from '../subscriber-store.ts';
import { createCompletion, type RetryOptions } from './completion.ts';
import { isDue, mayBegin, type ReleaseOutcome, type RetryPolicy } from './policy.ts';
import { createRetry } from './retry.ts';

export interface ReleaseOptions extends RetryOptions {
  /**
   * Whether the consumer may be newer than the aggregates. If so, and if an aggregate has no cursor, the consumer
   * starts with the lowest parked version of the aggregate.
   */
  joinsLate: boolean;
}

/** Creates the functions that release or drop a single parked message according to the cursor of its aggregate. */
export function createRelease(options: ReleaseOptions) {
  const { store, joinsLate, now } = options;
  const { tryAgain, readAgain } = createRetry(options);
  const complete = createCompletion(options);

  return {
    /** Applies or completes a parked message, if that is possible now. */
    async release(parked: ParkedMessage, policy: RetryPolicy): Promise<ReleaseOutcome> {
      if (parked.reason === 'unreadable') return readAgain(parked, policy.redriven);
      const decision = decide(await store.cursor(parked.aggregateId), parked.version);
      // The message was already applied, or its subject was erased. An `unsent` message was applied before it was
      // parked. A message with any
      // other reason may have been redelivered and applied after it was parked.
      if (decision.action === 'acknowledge') return complete(parked, policy);
      if (decision.action === 'park') {
        if (decision.because === 'gap') return { parked };
        const updated: ParkedMessage = { ...parked, reason: 'below-baseline' };
        if (parked.reason !== updated.reason) await store.park(updated, 'known');
        return { parked: updated };
      }
      const adopts = decision.action === 'adopt';
      if (adopts && (policy.adoptsNothing || !mayBegin(parked, joinsLate, now()))) return { parked };
      return isDue(parked, policy, now()) ? tryAgain(parked, adopts, policy.redriven) : { parked };
    },

    /**
     * Drops a message that precedes an erasing event, because the message need not be applied, and its data must be
     * deleted. If the message was already applied, completes it instead. If an earlier version may still arrive, the
     * message stays parked.
     */
    async drop(parked: ParkedMessage, policy: RetryPolicy): Promise<ReleaseOutcome> {
      const { aggregateId, version } = parked;
      const decision = decide(await store.cursor(aggregateId), version);
      const adopts = decision.action === 'adopt' && mayBegin(parked, joinsLate, now());
      if (decision.action === 'apply' || adopts) {
        const { error: _, ...rest } = parked;
        const discarded = { ...rest, body: '', discardedAt: now().toISOString(), discardedBecause: 'subject erased' };
        const after = decision.action === 'apply' ? decision.after : 0;
        const next = { version, ...(adopts && { baseline: version }) };
        const { state } = await store.discard(discarded, { after, next });
        return state === 'done' ? { removedAs: 'obsolete' } : { parked };
      }
      // The message was already applied, or its subject was erased.
      if (decision.action === 'acknowledge') return complete(parked, policy);
      // An earlier version may still arrive, so the cursor must not move past that version.
      if (decision.action === 'adopt' || decision.because === 'gap') return { parked };
      await store.unpark(parked);
      return { removedAs: 'obsolete' };
    },
  };
}
