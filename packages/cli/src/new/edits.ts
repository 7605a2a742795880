import type { Source } from './sources.ts';

/** The whole new text of a file; or the lines that a person adds, since no file has the form that is known. */
export type Edited = Source | { where: string; lines: readonly string[] };

/** By file. */
export const textsOf = (all: readonly Edited[]): Record<string, string> =>
  Object.fromEntries(all.flatMap((one) => ('text' in one ? [[one.file, one.text]] : [])));

/** What is left for a person to add. */
export const leftOf = (all: readonly Edited[]): string[] =>
  all.flatMap((one) => ('lines' in one ? [`Add to ${one.where}:\n  ${one.lines.join('\n  ')}`] : []));
