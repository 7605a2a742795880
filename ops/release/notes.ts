import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Changelog, notesOf, readChangelog, sectionOf, UNRELEASED } from './changelog.ts';
import { changelogFolders } from './versions.ts';

const GUIDE = 'docs/upgrading.md';

export const readNotes = (root: string, folder = ''): Changelog =>
  readChangelog(readFileSync(join(root, folder, 'CHANGELOG.md'), 'utf8'));

/** Returns the release notes of a version. @throws {Error} if the changelog is invalid, or has no entry of it */
export function releaseNotes(root: string, version: string): string {
  const section = sectionOf(readNotes(root), version);
  if (section === undefined) throw new Error(`CHANGELOG.md has no entry of ${version}.`);
  return notesOf(section);
}

/**
 * Returns the errors in a version's changelogs: an invalid format, and missing or unreleased entries. If there are no
 * such errors, returns an error for each breaking change without a link to the upgrade guide.
 */
export function notesFindings(root: string, version: string): string[] {
  const found = changelogFolders(root).flatMap((folder) => changelogFindings(root, folder, version));
  return found.length > 0 ? found : guideFindings(root, version);
}

function changelogFindings(root: string, folder: string, version: string): string[] {
  const file = join(folder, 'CHANGELOG.md');
  try {
    const changelog = readNotes(root, folder);
    const [unreleased, section] = [UNRELEASED, version].map((name) => sectionOf(changelog, name));
    const prepare = `npm run release:prepare -- ${version}`;
    if (unreleased && notesOf(unreleased) !== '') return [`${file} has unreleased entries. To move them: ${prepare}`];
    return section && notesOf(section) !== '' ? [] : [`${file} has no entry of ${version}. To add it: ${prepare}`];
  } catch (error) {
    if (error instanceof SyntaxError) return [`${file}: ${error.message}.`];
    throw error;
  }
}

/** Returns the anchor that GitHub generates for a heading. */
const anchorOf = (heading: string) =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');

/** Finds breaking changes without a link to an existing section of the upgrade guide. */
function guideFindings(root: string, version: string): string[] {
  const guide = existsSync(join(root, GUIDE)) ? readFileSync(join(root, GUIDE), 'utf8') : '';
  const anchors = new Set([...guide.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => anchorOf(heading)));
  const entries = releaseNotes(root, version).split(/^(?=- )/m);
  return entries
    .filter((entry) => entry.startsWith('- **Breaking:**'))
    .filter((entry) => !anchors.has(/\(docs\/upgrading\.md#([^)]+)\)/.exec(entry)?.[1] ?? ''))
    .map((entry) => {
      const begin = entry.replaceAll(/\s+/g, ' ').slice('- **Breaking:** '.length, 80);
      return `CHANGELOG.md: "${begin}…" must link to its section of ${GUIDE}, such as (${GUIDE}#to-${version.replaceAll('.', '')}).`;
    });
}
