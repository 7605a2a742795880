import { join } from 'node:path';
import { Command } from 'commander';
import pc from 'picocolors';
import { buildPackages, ROOT } from '../packages/build.ts';
import { surfaceFindings } from '../packages/reports.ts';
import { writeArchives } from './archives.ts';
import { contractFindings, releasedContractFindings } from './contracts.ts';
import { fixtureFindings } from './fixtures.ts';
import { repositoryFindings, tagFindings } from './git.ts';
import { notesFindings, releaseNotes } from './notes.ts';
import { tagRelease } from './tagging.ts';
import { versionFindings, versionOf } from './versions.ts';

const { tagged } = new Command('npm run release --')
  .description(
    'Makes a release of the current commit of main: checks it, builds the packages and the SBOM, stores the contracts, and creates a tag. Publishes nothing.',
  )
  .option('--tagged <tag>', 'only check and build this tag; for the workflow that publishes it')
  .parse()
  .opts<{ tagged?: string }>();

function refuse(findings: readonly string[]): void {
  if (findings.length === 0) return;
  for (const finding of findings) console.error(`${pc.red('✗')} ${finding}`);
  console.error(pc.red('\nThe release was not made: no contracts were stored, and no tag was created.'));
  process.exit(1);
}

const version = versionOf(ROOT);

refuse([
  ...(tagged === undefined ? repositoryFindings(ROOT, version) : tagFindings(ROOT, version, tagged)),
  ...versionFindings(ROOT),
  ...notesFindings(ROOT, version),
  ...(tagged === undefined ? contractFindings() : releasedContractFindings(version)),
  ...fixtureFindings(ROOT, version),
]);
console.log(`${version}: versions, changelogs and contracts are valid. Building the packages.`);

// The folder is inside the project, so that the compiler finds the types of other packages.
const packages = buildPackages(join(ROOT, 'dist/packages'));
refuse(
  surfaceFindings(packages.values(), false).map((finding) => `${finding}. To write the reports: npm run packages`),
);
const { GITHUB_SERVER_URL, GITHUB_REPOSITORY } = process.env;
const repository = GITHUB_REPOSITORY && `git+${GITHUB_SERVER_URL}/${GITHUB_REPOSITORY}.git`;
const notes = releaseNotes(ROOT, version);
writeArchives(packages.values(), join(ROOT, 'dist/release'), { notes, repository });
console.log('dist/release contains the packages, the SBOM, their hashes and the release notes.');

if (tagged === undefined) {
  const tag = tagRelease(ROOT, version, notes);
  console.log(`${pc.green(pc.bold(tag))} is tagged. To publish it: git push origin main ${tag}`);
}
