import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { git } from '../../ops/release/git.ts';
import project from '../../package.json' with { type: 'json' };

const ROOT = join(import.meta.dirname, '../..');
const OPENAPI = 'docs/api/openapi.json';
const RELEASED = 'docs/api/released/openapi.json';

let clone: string;
beforeAll(() => {
  mkdirSync(join(ROOT, 'dist'), { recursive: true });
  clone = mkdtempSync(join(ROOT, 'dist/release-'));
  git(ROOT, 'clone', '--quiet', ROOT, clone);
  symlinkSync(join(ROOT, 'node_modules'), join(clone, 'node_modules'));
  // The pattern `node_modules/` in .gitignore matches a folder, but not a symbolic link.
  writeFileSync(join(clone, '.git/info/exclude'), 'node_modules\n');
  git(clone, 'switch', '--quiet', '--force-create', 'main');
  for (const tag of git(clone, 'tag').split('\n').filter(Boolean)) git(clone, 'tag', '--delete', tag);
});
beforeEach(() => {
  git(clone, 'reset', '--quiet', '--hard');
});
afterAll(() => rmSync(clone, { recursive: true, force: true }));

const run = (script: string, ...options: string[]) => {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', `ops/release/${script}.ts`, ...options],
    { cwd: clone, encoding: 'utf8', env: { ...process.env, NO_COLOR: '1' } },
  );
  return { status, stdout, errorLines: stderr.split('\n') };
};
const edit = (file: string, change: (content: any) => void) => {
  const content = JSON.parse(readFileSync(join(clone, file), 'utf8'));
  change(content);
  writeFileSync(join(clone, file), `${JSON.stringify(content, null, 2)}\n`);
};

it('npm run release reports each problem on one line, and tags nothing', () => {
  edit(OPENAPI, ({ info }) => {
    info.version = '0.0.1';
  });
  edit('packages/kit/package.json', (manifest) => {
    manifest.version = '0.0.1';
  });
  const { status, errorLines } = run('main');
  expect(errorLines).toEqual(
    expect.arrayContaining([
      `✗ There are uncommitted changes: M ${OPENAPI}, M packages/kit/package.json. Commit them first.`,
      `✗ packages/kit/package.json has version 0.0.1, but package.json has ${project.version}. To set all versions: npm run release:prepare -- ${project.version}`,
      `✗ ${OPENAPI} is outdated. To write it: npm run contracts`,
      'The release was not made: no contracts were stored, and no tag was created.',
    ]),
  );
  expect(status).toBe(1);
  expect(git(clone, 'tag')).toBe('');
});

it('npm run release refuses changes of contracts that were already released', () => {
  edit(RELEASED, ({ info, paths }) => {
    info.version = project.version;
    delete paths['/v1'];
  });
  expect(run('main').errorLines).toContain(
    `✗ The contracts have changed since the release of ${project.version}. To see the changes: npm run contracts:check`,
  );
});

it('a tag whose contracts were not stored is not published', () => {
  edit(RELEASED, ({ info }) => {
    info.version = '0.0.1';
  });
  git(clone, 'update-ref', 'refs/remotes/origin/main', 'HEAD');
  const { status, errorLines } = run('main', '--tagged', `v${project.version}`);
  expect(errorLines).toContain(
    "✗ docs/api/released contains the contracts of 0.0.1, not those of this commit. npm run release stores this commit's contracts and creates the tag.",
  );
  expect(errorLines).toContain(`✗ v${project.version} is not the tag of this commit.`);
  expect(status).toBe(1);
});

it('npm run release:prepare sets the version everywhere except in documents and fixtures', () => {
  expect(run('prepare', '9.0.0').status).toBe(0);
  expect(
    JSON.parse(readFileSync(join(clone, 'packages/cli/package.json'), 'utf8')).peerDependencies['@rollcall/kit'],
  ).toBe('9.0.0');
  const findings = run('main').errorLines.filter((line) => line.startsWith('✗'));
  expect(findings[0]).toContain('There are uncommitted changes');
  expect(findings.slice(1)).toEqual([
    ...[OPENAPI, 'docs/api/asyncapi.json', 'docs/api/index.html'].map(
      (file) => `✗ ${file} is outdated. To write it: npm run contracts`,
    ),
    '✗ test/fixtures/released/9.0.0 contains no fixtures of 9.0.0: npm run fixtures writes them. Commit them before the release.',
  ]);
});

it('npm run release:prepare accepts only a version', () => {
  const { status, errorLines } = run('prepare', '9.0');
  expect(errorLines).toContain('9.0 must look like 1.2.3.');
  expect(status).toBe(1);
  expect(git(clone, 'status', '--porcelain')).toBe('');
});
