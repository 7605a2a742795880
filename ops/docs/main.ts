import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DOCS, GENERATED } from '../../docs/.vitepress/pages.ts';
import { asyncapiPage } from './asyncapi.ts';
import { commandsPage } from './commands.ts';
import { lists } from './lists.ts';
import { openapiPage } from './openapi.ts';
import { writePackages } from './packages.ts';
import { repositoryPages } from './repository-pages.ts';
import { settingsPage } from './settings.ts';
import { pictures, traceOf } from './traces/pictures.ts';

// Writes the generated pages of the site, and the traces for its pictures. `npm run docs` and `npm run docs:build` run
// this script first.
const pages: Record<string, string> = {
  ...repositoryPages(),
  ...lists(),
  [`${GENERATED}/openapi.md`]: openapiPage(),
  [`${GENERATED}/asyncapi.md`]: asyncapiPage(),
  [`${GENERATED}/settings.md`]: settingsPage(),
  [`${GENERATED}/commands.md`]: commandsPage(),
};

rmSync(join(DOCS, GENERATED), { recursive: true, force: true });
for (const [path, text] of Object.entries(pages)) {
  const file = join(DOCS, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}
await writePackages();

const traces = join(DOCS, '.vitepress/traces');
mkdirSync(traces, { recursive: true });
for (const [name, picture] of Object.entries(pictures))
  writeFileSync(join(traces, `${name}.json`), JSON.stringify(await traceOf(picture)));

console.log(`${Object.keys(pages).length} pages written to docs/${GENERATED}`);
