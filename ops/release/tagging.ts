import { spawnSync } from 'node:child_process';
import { git } from './git.ts';

/**
 * Stores the current contracts in docs/api/released, commits them if they differ from the committed ones, and tags the
 * newest commit.
 * @param root the project's folder
 * @returns the tag
 * @throws {Error} if a step fails. `contracts:release` prints its reason; an error of git contains the reason.
 */
export function tagRelease(root: string, version: string, notes: string): string {
  const tag = `v${version}`;
  const { status } = spawnSync('npm', ['run', '--silent', 'contracts:release'], { cwd: root, stdio: 'inherit' });
  if (status !== 0)
    throw new Error(
      'The contracts were not stored. The reason is above. Before you retry, run: git restore docs/api/released',
    );
  git(root, 'add', 'docs/api/released');
  if (git(root, 'diff', '--cached', '--name-only') !== '')
    git(root, 'commit', '--quiet', '--message', `chore: release ${version}`);
  // `verbatim`, because git would remove Markdown headings as comments.
  git(root, 'tag', '--annotate', '--cleanup=verbatim', '--message', `${tag}\n\n${notes}\n`, tag);
  return tag;
}
