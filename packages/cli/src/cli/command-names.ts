const isInstalled = !import.meta.url.endsWith('.ts');

/**
 * Replaces the commands in a text with those that the user can run. Users of the installed package do not have the npm
 * scripts `ops` and `start`, so these become `rollcall` commands. Users of this repository run the npm scripts, so
 * `rollcall ops` and `rollcall start` in a usage line become npm scripts.
 */
export const withCommandNames = (text: string): string =>
  isInstalled
    ? text.replaceAll(/npm run (--silent )?ops --/g, 'rollcall ops').replaceAll(/npm start( --)?/g, 'rollcall start')
    : text
        .replaceAll('Usage: rollcall ops', 'Usage: npm run ops --')
        .replaceAll('Usage: rollcall start', 'Usage: npm start --');
