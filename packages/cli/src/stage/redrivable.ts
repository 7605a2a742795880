import { parkedReasons } from '@rollcall/kit/internal/messaging/parked';
import type { ParkedMessage, ParkedReason } from '@rollcall/kit/internal/messaging/subscriber-store';

/**
 * Reasons that `redrive --all` skips. A message below a baseline can only be discarded. An unreadable message is
 * redriven by the name of its queue, after an operator has checked the sender.
 */
const SKIPPED_REASONS: readonly ParkedReason[] = ['below-baseline', 'unreadable'];

export const redrivableReasons = parkedReasons.filter((reason) => !SKIPPED_REASONS.includes(reason));

export interface RedriveFilter {
  /** Only messages that are parked for this reason. */
  reason?: string | undefined;
  /** Whether held messages are included. */
  release: boolean;
}

/**
 * The aggregates that `redrive --all` tries. Aggregates with a failed message are first, because the first aggregate is
 * the canary, and only a failed message shows whether the cause is repaired. The others follow. In each group,
 * the aggregate whose message was parked first comes first.
 */
export function aggregatesToRedrive(
  parked: readonly ParkedMessage[],
  { reason: wanted, release }: RedriveFilter,
): string[] {
  const redrivable = parked
    .filter(({ reason }) => wanted === undefined || reason === wanted)
    .filter(({ reason }) => redrivableReasons.includes(reason) && (reason !== 'held' || release))
    .toSorted((a, b) => priorityOf(a) - priorityOf(b) || a.parkedAt.localeCompare(b.parkedAt));
  return [...new Set(redrivable.map(({ aggregateId }) => aggregateId))];
}

const priorityOf = ({ reason }: ParkedMessage): number => (reason === 'failed' ? 0 : 1);
