import type { Choices } from './choices.ts';

/**
 * How a broker treats the entries of a call: each can fail alone, and one that failed may have been accepted
 * nevertheless.
 */
export function takeEntries<E extends { Id?: string | undefined }>(
  entries: readonly E[],
  choices: Choices,
  take: (entry: E) => void,
) {
  const failed = new Set<E>();
  for (const entry of entries) {
    const fate = choices.below(12);
    if (fate < 11) take(entry);
    if (fate >= 10) failed.add(entry);
  }
  return {
    Successful: entries.filter((entry) => !failed.has(entry)).map(({ Id }) => ({ Id })),
    Failed: [...failed].map(({ Id }) => ({ Id, Code: 'InternalError', SenderFault: false })),
  };
}
