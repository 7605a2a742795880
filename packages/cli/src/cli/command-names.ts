const isInstalled = !import.meta.url.endsWith('.ts');

/**
 * Replaces the commands in a text with those that the user can run. An installed package has no npm scripts, so they
 * become `rollcall` commands. In this repository, the usage lines of `rollcall` become npm scripts.
 */
export const withCommandNames = (text: string): string =>
  isInstalled
    ? text.replaceAll(/npm run (--silent )?ops --/g, 'rollcall ops').replaceAll(/npm start( --)?/g, 'rollcall start')
    : text
        .replaceAll('Usage: rollcall ops', 'Usage: npm run ops --')
        .replaceAll('Usage: rollcall start', 'Usage: npm start --');
