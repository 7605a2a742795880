import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import pc from 'picocolors';
import { ROOT } from '../packages/build.ts';
import { releaseChangelog, writeChangelog } from './changelog.ts';
import { readNotes } from './notes.ts';
import { changelogFolders, setVersion } from './versions.ts';

const program = new Command('npm run release:prepare --')
  .description(
    'Sets a version everywhere, and moves what is unreleased in the changelogs to it. Again before the release: what came since.',
  )
  .argument('<version>', 'such as 1.2.3: docs/decisions/0053-releases.md says which')
  .parse();
const version = program.args[0] as string;
if (!/^\d+\.\d+\.\d+$/.test(version)) program.error(`${version} must be like 1.2.3.`);

const today = new Date().toISOString().slice(0, 'YYYY-MM-DD'.length);
// All are read first: an invalid one leaves everything unchanged.
const changelogs = changelogFolders(ROOT).map((folder) => {
  const file = join(ROOT, folder, 'CHANGELOG.md');
  return { file, text: writeChangelog(releaseChangelog(readNotes(ROOT, folder), version, today)) };
});
for (const { file, text } of changelogs) writeFileSync(file, text);
setVersion(ROOT, version);
console.log(`${pc.bold(version)} is set, and the changelogs have it. Next:
npm run contracts    # the documents say the version
git commit -am 'chore: prepare ${version}', after a look; then npm run release`);
