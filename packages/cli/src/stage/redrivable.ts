import { parkedReasons } from '@rollcall/kit/internal/messaging/parked';
import type { ParkedMessage, ParkedReason } from '@rollcall/kit/internal/messaging/subscriber-store';

/**
 * What a redrive of everything leaves alone: what is below a baseline can only be discarded; what nobody could read is
 * redriven by the name of its queue, once somebody has looked at who sent it.
 */
const LEFT_ALONE: readonly ParkedReason[] = ['below-baseline', 'unreadable'];

export const redrivableReasons = parkedReasons.filter((reason) => !LEFT_ALONE.includes(reason));

export interface Wanted {
  /** Only what is parked for this reason. */
  reason?: string | undefined;
  /** Also what is held. */
  release: boolean;
}

/**
 * Of everything parked, the aggregates that a redrive tries: the canary first, which is what failed, for what merely waits
 * its turn is none; then the oldest.
 */
export function aggregatesToRedrive(parked: readonly ParkedMessage[], { reason: wanted, release }: Wanted): string[] {
  const redrivable = parked
    .filter(({ reason }) => wanted === undefined || reason === wanted)
    .filter(({ reason }) => redrivableReasons.includes(reason) && (reason !== 'held' || release))
    .toSorted((a, b) => rankOf(a) - rankOf(b) || a.parkedAt.localeCompare(b.parkedAt));
  return [...new Set(redrivable.map(({ aggregateId }) => aggregateId))];
}

const rankOf = ({ reason }: ParkedMessage): number => (reason === 'failed' ? 0 : 1);
