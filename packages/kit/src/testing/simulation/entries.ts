import type { Choices } from './choices.ts';

/** What a broker makes of the entries of a call: one can fail alone, and what failed may have been taken all the same. */
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
