const isInstalled = !import.meta.url.endsWith('.ts');

/** Texts name commands as npm scripts; an installed package has no such scripts. */
export const called = (text: string): string =>
  isInstalled
    ? text.replaceAll(/npm run (--silent )?ops --/g, 'rollcall ops').replaceAll('npm start', 'rollcall start')
    : text
        .replaceAll('Usage: rollcall ops', 'Usage: npm run ops --')
        .replaceAll('Usage: rollcall start', 'Usage: npm start --');
