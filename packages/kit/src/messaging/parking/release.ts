import { decide } from '../cursor.ts';
import type { ParkedMessage } from '../subscriber-store.ts';
import { type How, isDue, mayBegin, type Released } from './policy.ts';
import { createRetry } from './retry.ts';
import { createSettle, type Trying } from './settle.ts';

export interface ReleaseOptions extends Trying {
  /** Whether it came after the first aggregates: it begins an unknown one at the first version that it meets. */
  joinsLate: boolean;
}

/** Does with single parked messages what their aggregate's cursor says. */
export function createRelease(options: ReleaseOptions) {
  const { store, joinsLate, now } = options;
  const { tryAgain, readAgain } = createRetry(options);
  const settle = createSettle(options);

  return {
    /** Does what can be done with a parked message now. */
    async release(parked: ParkedMessage, how: How): Promise<Released> {
      if (parked.reason === 'unreadable') return readAgain(parked, how.redriven);
      const decision = decide(await store.cursor(parked.aggregateId), parked.version);
      // It came again and was applied since it was parked, or could only not send what follows.
      if (decision.action === 'acknowledge') return settle(parked, how);
      if (decision.action === 'park') {
        if (decision.because === 'gap') return { left: parked };
        const left: ParkedMessage = { ...parked, reason: 'below-baseline' };
        if (parked.reason !== left.reason) await store.park(left, 'known');
        return { left };
      }
      const adopts = decision.action === 'adopt';
      if (adopts && (how.adoptsNothing || !mayBegin(parked, joinsLate, now()))) return { left: parked };
      return isDue(parked, how, now()) ? tryAgain(parked, adopts, how.redriven) : { left: parked };
    },

    /** Makes way for an event that erases: what a message says before it has lost its point, and may not be kept. */
    async drop(parked: ParkedMessage, how: How): Promise<Released> {
      const { aggregateId, version } = parked;
      const decision = decide(await store.cursor(aggregateId), version);
      const adopts = decision.action === 'adopt' && mayBegin(parked, joinsLate, now());
      if (decision.action === 'apply' || adopts) {
        const { error: _, ...rest } = parked;
        const discarded = { ...rest, body: '', discardedAt: now().toISOString(), discardedBecause: 'its subject left' };
        const after = decision.action === 'apply' ? decision.after : 0;
        const next = { version, ...(adopts && { baseline: version }) };
        const { state } = await store.discard(discarded, { after, next });
        return state === 'done' ? { gone: 'obsolete' } : { left: parked };
      }
      // It was applied: what follows from it is still to be sent.
      if (decision.action === 'acknowledge') return settle(parked, how);
      // Its predecessor may still be on its way, and must find its place.
      if (decision.action === 'adopt' || decision.because === 'gap') return { left: parked };
      await store.unpark(parked);
      return { gone: 'obsolete' };
    },
  };
}
