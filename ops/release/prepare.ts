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
    'Sets the version of all packages, and moves the unreleased entries of the changelogs to this version. To include later entries, run the command again before the release.',
  )
  .argument('<version>', 'such as 1.2.3; to choose it, see docs/decisions/0053-releases.md')
  .parse();
const version = program.args[0] as string;
if (!/^\d+\.\d+\.\d+$/.test(version)) program.error(`${version} must look like 1.2.3.`);

const today = new Date().toISOString().slice(0, 'YYYY-MM-DD'.length);
// Reads all changelogs before it writes any, so that an invalid changelog leaves everything unchanged.
const changelogs = changelogFolders(ROOT).map((folder) => {
  const file = join(ROOT, folder, 'CHANGELOG.md');
  return { file, text: writeChangelog(releaseChangelog(readNotes(ROOT, folder), version, today)) };
});
for (const { file, text } of changelogs) writeFileSync(file, text);
setVersion(ROOT, version);
console.log(`The packages and changelogs have version ${pc.bold(version)}. Next steps:
npm run contracts    # writes the version into the documents
npm run fixtures     # stores data of this version for the tests of later versions
git diff    # check the changes
git add --all && git commit -m 'chore: prepare ${version}'
npm run release`);
