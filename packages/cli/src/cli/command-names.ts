const isInstalled = !import.meta.url.endsWith('.ts');

/** Texts name npm scripts. An installed package has none, so this function replaces them by `rollcall` commands. */
export const withCommandNames = (text: string): string =>
  isInstalled
    ? text.replaceAll(/npm run (--silent )?ops --/g, 'rollcall ops').replaceAll('npm start', 'rollcall start')
    : text
        .replaceAll('Usage: rollcall ops', 'Usage: npm run ops --')
        .replaceAll('Usage: rollcall start', 'Usage: npm start --');
