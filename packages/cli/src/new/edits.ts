import type { Source } from './sources.ts';

/** The whole new text of a file; or the lines that a person must add, because no file has a known form. */
export type Edited = Source | { where: string; lines: readonly string[] };

/** By file. */
export const textsOf = (all: readonly Edited[]): Record<string, string> =>
  Object.fromEntries(all.flatMap((one) => ('text' in one ? [[one.file, one.text]] : [])));

/** Edits that the user must make. */
export const leftOf = (all: readonly Edited[]): string[] =>
  all.flatMap((one) => ('lines' in one ? [`Add to ${one.where}:\n  ${one.lines.join('\n  ')}`] : []));
