/** What these commands are called by: npm, or the installed bundle. */
export const PROGRAM = import.meta.url.endsWith('.ts') ? 'npm run ops --' : 'rollcall';

/** Texts name commands as npm runs them. */
export const called = (text: string): string => text.replaceAll(/npm run (--silent )?ops --/g, PROGRAM);
