import { execFileSync } from 'node:child_process';

/** @throws {Error} with git's message */
export function git(root: string, ...options: string[]): string {
  return execFileSync('git', options, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();
}

const numbers = (version: string) => version.split('.').map(Number);

/** Compares two versions. Negative if the first is lower. */
export const byVersion = (a: string, b: string) =>
  numbers(a)
    .map((number, index) => number - (numbers(b)[index] ?? 0))
    .find((difference) => difference !== 0) ?? 0;

const tags = (root: string, ...options: string[]) =>
  git(root, 'tag', '--list', 'v*', ...options)
    .split('\n')
    .filter((tag) => /^v\d+\.\d+\.\d+$/.test(tag));

/** Returns the reasons why this commit cannot become a release. */
export function repositoryFindings(root: string, version: string): string[] {
  if (!/^\d+\.\d+\.\d+$/.test(version))
    return [`The version in package.json is ${version}, but it must look like 1.2.3.`];
  const findings = treeFindings(root);
  const branch = git(root, 'branch', '--show-current');
  if (branch !== 'main')
    findings.push(`The current branch is ${branch || 'detached'}, but a release must be made on main.`);
  const newest = tags(root).sort((a, b) => byVersion(b.slice(1), a.slice(1)))[0];
  if (newest !== undefined && byVersion(newest.slice(1), version) >= 0)
    findings.push(
      `${newest} is already released. Run npm run release:prepare -- with a version above ${newest.slice(1)}.`,
    );
  return findings;
}

/** Returns the reasons why this commit cannot be the release of its tag. */
export function tagFindings(root: string, version: string, tag: string): string[] {
  const findings = treeFindings(root);
  if (tag !== `v${version}`) findings.push(`The tag is ${tag}, but the version in package.json is ${version}.`);
  if (!tags(root, '--points-at', 'HEAD').includes(tag)) findings.push(`${tag} is not the tag of this commit.`);
  if (tags(root, '--merged', 'origin/main').includes(tag)) return findings;
  return [...findings, `${tag} is not on main, but a release must be made from main.`];
}

function treeFindings(root: string): string[] {
  const changed = git(root, 'status', '--porcelain');
  if (changed === '') return [];
  const files = changed.split('\n').map((line) => line.trim());
  return [
    `There are uncommitted changes: ${files.slice(0, 5).join(', ')}${files.length > 5 ? ', …' : ''}. Commit them first.`,
  ];
}
