const isInstalled = !import.meta.url.endsWith('.ts');

/** Replaces npm scripts in a text with `rollcall` commands, because an installed package has no npm scripts. */
export const withCommandNames = (text: string): string =>
  isInstalled
    ? text.replaceAll(/npm run (--silent )?ops --/g, 'rollcall ops').replaceAll('npm start', 'rollcall start')
    : text
        .replaceAll('Usage: rollcall ops', 'Usage: npm run ops --')
        .replaceAll('Usage: rollcall start', 'Usage: npm start --');
