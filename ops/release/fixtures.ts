import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { byVersion, git } from './git.ts';

/** The folder of the fixtures. It contains a folder per version. */
const RELEASED = 'test/fixtures/released';
/** The sources that determine the format of rows and messages. */
const DEPLOYED = ['functions', 'infra', 'shared', 'packages/kit/src', 'packages/cdk/src'];
const MAKE = 'npm run fixtures writes them. Commit them before the release.';

export const fixturesOf = (version: string): string => join(RELEASED, version);

/** Returns the versions that have fixtures, the newest first. */
export function versionsWithFixtures(root: string): string[] {
  const folder = join(root, RELEASED);
  return existsSync(folder) ? readdirSync(folder).toSorted(byVersion).reverse() : [];
}

/**
 * Returns the commit whose code wrote the fixtures of a version: the tagged commit or, if there is no tag yet, the last
 * commit that changed the fixtures. Empty if no commit contains the fixtures.
 * @throws {Error} if the clone is shallow
 */
function commitOf(root: string, version: string): string {
  if (git(root, 'rev-parse', '--is-shallow-repository') === 'true')
    throw new Error('This clone lacks the history with the earlier versions. To get it: git fetch --unshallow');
  const tag = git(root, 'tag', '--list', `v${version}`);
  const where = tag === '' ? ['HEAD', '--', fixturesOf(version)] : [tag];
  return git(root, 'rev-list', '--max-count=1', ...where);
}

/** Returns the files of deployed code that differ from a commit. */
const changedSince = (root: string, commit: string): string[] =>
  git(root, 'diff', '--name-only', commit, '--', ...DEPLOYED)
    .split('\n')
    .filter(Boolean);

/** Returns the errors in the fixtures of a version to be released. */
export function fixtureFindings(root: string, version: string): string[] {
  const folder = fixturesOf(version);
  const commit = existsSync(join(root, folder)) ? commitOf(root, version) : '';
  if (commit === '') return [`${folder} contains no fixtures of ${version}: ${MAKE}`];
  const changed = changedSince(root, commit);
  if (changed.length === 0) return [];
  const files = `${changed.slice(0, 3).join(', ')}${changed.length > 3 ? ', …' : ''}`;
  return [`${folder} is older than the code. Changed since: ${files}. ${MAKE}`];
}

/**
 * Returns the version to upgrade from: of the versions with fixtures, the newest whose code differs from the current
 * code, or the newest if none differs. Also returns the commit whose code wrote its fixtures.
 * @throws {Error} if no version has committed fixtures, or the clone is shallow
 */
export function earlierVersion(root: string): { version: string; commit: string } {
  const known = versionsWithFixtures(root)
    .map((version) => ({ version, commit: commitOf(root, version) }))
    .filter(({ commit }) => commit !== '');
  const earlier = known.find(({ commit }) => changedSince(root, commit).length > 0) ?? known[0];
  if (earlier) return earlier;
  throw new Error('No version was released yet. Set --from to a tag, a branch or a commit.');
}
