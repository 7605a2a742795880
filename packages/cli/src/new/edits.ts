import type { Source } from './sources.ts';

/** The complete new text of a file or, if no file has the expected form, lines that the user must add. */
export type Edit = Source | { where: string; lines: readonly string[] };

/** The new texts of the files that can be edited, by path. */
export const newTexts = (all: readonly Edit[]): Record<string, string> =>
  Object.fromEntries(all.flatMap((one) => ('text' in one ? [[one.file, one.text]] : [])));

/** Descriptions of the edits that the user must make. */
export const manualSteps = (all: readonly Edit[]): string[] =>
  all.flatMap((one) => ('lines' in one ? [`Add to ${one.where}:\n  ${one.lines.join('\n  ')}`] : []));
