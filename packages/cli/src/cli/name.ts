const isInstalled = !import.meta.url.endsWith('.ts');

/** Texts name commands as npm's scripts run them; who has installed the package has no such scripts. */
export const called = (text: string): string =>
  isInstalled
    ? text.replaceAll(/npm run (--silent )?ops --/g, 'rollcall ops').replaceAll('npm start', 'rollcall start')
    : text
        .replaceAll('Usage: rollcall ops', 'Usage: npm run ops --')
        .replaceAll('Usage: rollcall start', 'Usage: npm start --');
