import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { writeArchives } from '../../ops/release/archives.ts';
import { earlierVersion, fixtureFindings } from '../../ops/release/fixtures.ts';
import { git, repositoryFindings, tagFindings } from '../../ops/release/git.ts';
import { notesFindings, releaseNotes } from '../../ops/release/notes.ts';
import { tagRelease } from '../../ops/release/tagging.ts';
import { setVersion, versionFindings } from '../../ops/release/versions.ts';

const json = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`;
const changelog = (entries: string) => `# Changelog\n\n## [Unreleased]\n\n## [1.2.0] - 2026-02-28\n\n${entries}\n`;

/** A project that meets all conditions of a release. */
const FILES = {
  'package.json': json({
    ...{ name: 'app', version: '1.2.0' },
    scripts: { 'contracts:release': "mkdir -p docs/api/released && echo '{}' > docs/api/released/openapi.json" },
  }),
  'packages/kit/package.json': json({ name: '@app/kit', version: '1.2.0' }),
  'packages/cdk/package.json': json({ name: '@app/cdk', version: '1.2.0', dependencies: { '@app/kit': '1.2.0' } }),
  'examples/shop/package.json': json({ name: 'shop', version: '1.2.0', devDependencies: { '@app/cdk': '1.2.0' } }),
  'package-lock.json': json({
    ...{ name: 'app', version: '1.2.0' },
    packages: {
      '': { name: 'app', version: '1.2.0' },
      'packages/kit': { name: '@app/kit', version: '1.2.0' },
      'packages/cdk': { name: '@app/cdk', version: '1.2.0', dependencies: { '@app/kit': '1.2.0' } },
      'examples/shop': { version: '1.2.0', devDependencies: { '@app/cdk': '1.2.0' } },
    },
  }),
  'CHANGELOG.md': changelog('### Added\n\n- A relay.'),
  'packages/kit/CHANGELOG.md': changelog('### Changed\n\n- Only the version.'),
  'docs/upgrading.md': '# Upgrading\n\n## To 1.2.0\n\n### Data of before\n\nRemove it.\n',
};

let root: string;
const write = (file: string, content: string) => {
  mkdirSync(dirname(join(root, file)), { recursive: true });
  writeFileSync(join(root, file), content);
};
const commit = (message: string) => {
  git(root, 'add', '--all');
  git(root, 'commit', '--quiet', '--allow-empty', '--message', message);
};

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'rollcall-release-'));
  onTestFinished(() => rmSync(root, { recursive: true }));
  for (const [file, content] of Object.entries(FILES)) write(file, content);
  git(root, 'init', '--quiet', '--initial-branch', 'main');
  git(root, 'config', 'user.name', 'Test');
  git(root, 'config', 'user.email', 'test@example.com');
  for (const what of ['commit', 'tag']) git(root, 'config', `${what}.gpgSign`, 'false');
  commit('feat: all');
});

describe('the repository', () => {
  it('can be released on main if it is clean and its version is above the newest tag', () => {
    git(root, 'tag', 'v1.1.9');
    git(root, 'tag', 'v9.0.0-rc.1');
    expect(repositoryFindings(root, '1.2.0')).toEqual([]);
  });

  it('cannot be released with uncommitted files', () => {
    write('new.ts', '');
    write('CHANGELOG.md', '');
    expect(repositoryFindings(root, '1.2.0')).toEqual([
      'There are uncommitted changes: M CHANGELOG.md, ?? new.ts. Commit them first.',
    ]);
  });

  it('cannot be released on another branch, or without a branch', () => {
    git(root, 'switch', '--quiet', '--create', 'topic');
    expect(repositoryFindings(root, '1.2.0')).toEqual([
      'The current branch is topic, but a release must be made on main.',
    ]);
    git(root, 'switch', '--quiet', '--detach');
    expect(repositoryFindings(root, '1.2.0')).toEqual([
      'The current branch is detached, but a release must be made on main.',
    ]);
  });

  it.each(['v1.2.0', 'v1.10.0', 'v2.0.0'])('cannot be released after %s', (tag) => {
    git(root, 'tag', 'v1.1.0');
    git(root, 'tag', tag);
    expect(repositoryFindings(root, '1.2.0')).toEqual([
      `${tag} is already released. Run npm run release:prepare -- with a version above ${tag.slice(1)}.`,
    ]);
  });

  it('cannot be released with a prerelease version', () => {
    expect(repositoryFindings(root, '1.2.0-rc.1')).toEqual([
      'The version in package.json is 1.2.0-rc.1, but it must look like 1.2.3.',
    ]);
  });
});

describe('a tag', () => {
  beforeEach(() => {
    git(root, 'tag', 'v1.2.0');
    git(root, 'update-ref', 'refs/remotes/origin/main', 'HEAD');
  });

  it('is valid for this commit on main', () => {
    expect(tagFindings(root, '1.2.0', 'v1.2.0')).toEqual([]);
  });

  it('is refused for another version', () => {
    expect(tagFindings(root, '1.3.0', 'v1.2.0')).toEqual([
      'The tag is v1.2.0, but the version in package.json is 1.3.0.',
    ]);
  });

  it('is refused for a later commit, and for a commit that was never merged', () => {
    commit('feat: later');
    expect(tagFindings(root, '1.2.0', 'v1.2.0')).toEqual(['v1.2.0 is not the tag of this commit.']);
    git(root, 'tag', '--force', 'v1.2.0');
    expect(tagFindings(root, '1.2.0', 'v1.2.0')).toEqual([
      'v1.2.0 is not on main, but a release must be made from main.',
    ]);
  });
});

describe('versions', () => {
  it('are equal in manifests, dependencies and the lock file', () => {
    expect(versionFindings(root)).toEqual([]);
  });

  it.each([
    ['packages/kit/package.json', '"version": "1.2.0"', '"version": "1.1.0"', '1.1.0, but package.json'],
    ['packages/cdk/package.json', '"@app/kit": "1.2.0"', '"@app/kit": "1.1.0"', '1.1.0 of @app/kit, but package.json'],
    ['examples/shop/package.json', '"@app/cdk": "1.2.0"', '"@app/cdk": "1.1.0"', '1.1.0 of @app/cdk, but package.json'],
    ['package-lock.json', '"@app/kit": "1.2.0"', '"@app/kit": "1.1.0"', '1.1.0 of @app/kit, but package.json'],
  ])('are reported if %s has a different version', (file, from, to, message) => {
    write(file, readFileSync(join(root, file), 'utf8').replace(from, to));
    expect(versionFindings(root)).toEqual([
      `${file} has version ${message} has 1.2.0. To set all versions: npm run release:prepare -- 1.2.0`,
    ]);
  });

  it('are set everywhere', () => {
    setVersion(root, '1.3.0');
    for (const file of Object.keys(FILES).filter((name) => name.endsWith('.json')))
      expect(readFileSync(join(root, file), 'utf8')).toBe(
        FILES[file as keyof typeof FILES].replaceAll('1.2.0', '1.3.0'),
      );
  });
});

describe('changelogs', () => {
  it('have an entry for the version, in the project and in each package', () => {
    expect(notesFindings(root, '1.2.0')).toEqual([]);
    expect(releaseNotes(root, '1.2.0')).toBe('### Added\n\n- A relay.');
  });

  it('are reported if an entry is missing', () => {
    const sentence = 'has no entry of 1.3.0. To add it: npm run release:prepare -- 1.3.0';
    expect(notesFindings(root, '1.3.0')).toEqual([`CHANGELOG.md ${sentence}`, `packages/kit/CHANGELOG.md ${sentence}`]);
  });

  it('are reported if they have unreleased entries', () => {
    const text = changelog('### Added\n\n- A relay.').replace('[Unreleased]', '[Unreleased]\n\n### Fixed\n\n- A lag.');
    write('packages/kit/CHANGELOG.md', text);
    expect(notesFindings(root, '1.2.0')).toEqual([
      'packages/kit/CHANGELOG.md has unreleased entries. To move them: npm run release:prepare -- 1.2.0',
    ]);
  });

  it('are reported if their headings have another form', () => {
    write('CHANGELOG.md', '# Changelog\n\n## 1.2.0\n\n- A relay.\n');
    expect(notesFindings(root, '1.2.0')).toEqual([
      'CHANGELOG.md: "## 1.2.0" must be "## [Unreleased]" or "## [1.2.3] - 2026-12-31".',
    ]);
  });

  it('must link each breaking change to its section of the upgrade guide', () => {
    const breaking = (link: string) =>
      write('CHANGELOG.md', changelog(`### Changed\n\n- **Breaking:** Rows${link}.\n- Fine.`));
    breaking(' have versions ([how](docs/upgrading.md#data-of-before))');
    expect(notesFindings(root, '1.2.0')).toEqual([]);
    for (const link of ['', ' ([how](docs/upgrading.md#data-of-later))']) {
      breaking(link);
      expect(notesFindings(root, '1.2.0')).toEqual([
        expect.stringMatching(/^CHANGELOG\.md: "Rows.+" must link to its section of docs\/upgrading\.md, such as /),
      ]);
    }
  });
});

describe('a release', () => {
  it('is a tag with the notes, on a commit with the contracts', () => {
    expect(tagRelease(root, '1.2.0', '### Added\n\n- A relay.')).toBe('v1.2.0');
    expect(git(root, 'log', '-1', '--format=%s %D')).toBe('chore: release 1.2.0 HEAD -> main, tag: v1.2.0');
    expect(git(root, 'show', '--name-only', '--format=', 'HEAD')).toBe('docs/api/released/openapi.json');
    expect(git(root, 'tag', '--list', '--format=%(contents)')).toBe('v1.2.0\n\n### Added\n\n- A relay.');
    expect(git(root, 'status', '--porcelain')).toBe('');
  });

  it('needs no commit if its contracts are already stored', () => {
    write('docs/api/released/openapi.json', '{}\n');
    commit('chore: contracts');
    tagRelease(root, '1.2.0', '');
    expect(git(root, 'log', '-1', '--format=%s %D')).toBe('chore: contracts HEAD -> main, tag: v1.2.0');
  });

  it('fails if the contracts cannot be stored', () => {
    write('package.json', json({ scripts: { 'contracts:release': 'exit 1' } }));
    commit('feat: break');
    expect(() => tagRelease(root, '1.2.0', '')).toThrow('The contracts were not stored. The reason is above.');
    expect(git(root, 'tag')).toBe('');
  });

  it('consists of package archives that name the repository, of the SBOM, the notes, and the hashes of archives and SBOM', () => {
    const outdir = join(root, 'dist/release');
    write('dist/release/of-before.tgz', '');
    writeArchives([join(root, 'packages/kit')], outdir, {
      notes: 'A relay.',
      repository: 'git+https://example.com/app.git',
    });

    expect(readdirSync(outdir).sort()).toEqual(['NOTES.md', 'SHA256SUMS', 'app-kit-1.2.0.tgz', 'rollcall.cdx.json']);
    const packed = execFileSync('tar', ['-xzOf', join(outdir, 'app-kit-1.2.0.tgz'), 'package/package.json']);
    expect(JSON.parse(packed.toString()).repository).toEqual({ type: 'git', url: 'git+https://example.com/app.git' });
    const sums = readFileSync(join(outdir, 'SHA256SUMS'), 'utf8').trim().split('\n');
    expect(sums).toEqual(
      ['app-kit-1.2.0.tgz', 'rollcall.cdx.json'].map((file) => {
        const sum = createHash('sha256').update(readFileSync(join(outdir, file)));
        return `${sum.digest('hex')}  ${file}`;
      }),
    );
  });
});

describe('fixtures', () => {
  const fixtures = (version: string) => write(`test/fixtures/released/${version}/expected.json`, `[${Math.random()}]`);
  const head = () => git(root, 'rev-parse', 'HEAD');

  it('are reported as missing for a version without them', () => {
    expect(fixtureFindings(root, '1.2.0')).toEqual([
      'test/fixtures/released/1.2.0 contains no fixtures of 1.2.0: npm run fixtures writes them. Commit them before the release.',
    ]);
    fixtures('1.2.0');
    expect(fixtureFindings(root, '1.2.0')).toHaveLength(1);
    commit('test: fixtures');
    expect(fixtureFindings(root, '1.2.0')).toEqual([]);
  });

  it('are reported as outdated after a change of deployed code', () => {
    fixtures('1.2.0');
    commit('test: fixtures');
    write('docs/upgrading.md', '');
    commit('docs: less');
    expect(fixtureFindings(root, '1.2.0')).toEqual([]);
    write('packages/kit/src/relay.ts', '');
    commit('feat: a relay');
    expect(fixtureFindings(root, '1.2.0')).toEqual([
      'test/fixtures/released/1.2.0 is older than the code. Changed since: packages/kit/src/relay.ts. npm run fixtures writes them. Commit them before the release.',
    ]);
  });

  it('determine the commit to upgrade from: the commit of the newest version whose code differs from the current code', () => {
    expect(() => earlierVersion(root)).toThrow('No version was released yet. Set --from');
    fixtures('1.9.0');
    commit('test: fixtures');
    const first = head();
    expect(earlierVersion(root)).toEqual({ version: '1.9.0', commit: first });
    write('shared/channels.ts', '');
    fixtures('1.10.0');
    commit('feat: channels');
    expect(earlierVersion(root)).toEqual({ version: '1.9.0', commit: first });
    const second = head();
    write('shared/channels.ts', 'export {};');
    expect(earlierVersion(root)).toEqual({ version: '1.10.0', commit: second });
  });

  it('of a released version belong to the tagged commit, even if the files change later', () => {
    fixtures('1.2.0');
    commit('test: fixtures');
    const released = head();
    git(root, 'tag', 'v1.2.0');
    write('shared/channels.ts', 'export {};');
    fixtures('1.2.0');
    commit('style: format');
    expect(earlierVersion(root)).toEqual({ version: '1.2.0', commit: released });
  });

  it('need the history of the project', () => {
    fixtures('1.2.0');
    commit('test: fixtures');
    const clone = join(root, 'clone');
    git(root, 'clone', '--quiet', '--depth', '1', `file://${root}`, clone);
    expect(() => earlierVersion(clone)).toThrow('This clone lacks the history');
  });
});
