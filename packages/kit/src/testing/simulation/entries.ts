import type { Choices } from './choices.ts';

/**
 * Simulates how SNS or SQS processes the entries of a batch. Each entry can fail independently of the other entries. An
 * entry may be accepted although the response reports that it failed.
 */
export function acceptEntries<E extends { Id?: string | undefined }>(
  entries: readonly E[],
  choices: Choices,
  accept: (entry: E) => void,
) {
  const failed = new Set<E>();
  for (const entry of entries) {
    const outcome = choices.below(12);
    if (outcome < 11) accept(entry);
    if (outcome >= 10) failed.add(entry);
  }
  return {
    Successful: entries.filter((entry) => !failed.has(entry)).map(({ Id }) => ({ Id })),
    Failed: [...failed].map(({ Id }) => ({ Id, Code: 'InternalError', SenderFault: false })),
  };
}
