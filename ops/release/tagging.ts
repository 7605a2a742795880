import { spawnSync } from 'node:child_process';
import { git } from './git.ts';

/**
 * Stores the contracts as released, commits them, and tags the commit.
 * @param root the project's folder
 * @returns the tag
 * @throws {Error} if a step fails, after it has printed why
 */
export function tagRelease(root: string, version: string, notes: string): string {
  const tag = `v${version}`;
  const { status } = spawnSync('npm', ['run', '--silent', 'contracts:release'], { cwd: root, stdio: 'inherit' });
  if (status !== 0)
    throw new Error('The contracts were not kept: see above. To begin again: git restore docs/api/released');
  git(root, 'add', 'docs/api/released');
  if (git(root, 'diff', '--cached', '--name-only') !== '')
    git(root, 'commit', '--quiet', '--message', `chore: release ${version}`);
  // Verbatim, because Markdown headings look like git comments.
  git(root, 'tag', '--annotate', '--cleanup=verbatim', '--message', `${tag}\n\n${notes}\n`, tag);
  return tag;
}
