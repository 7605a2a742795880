import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { satisfies } from 'semver';
import { describe, expect, it } from 'vitest';
import { packagesWithEngineWarnings } from '../../ops/supply-chain/engines.ts';
import { refusedLicences } from '../../ops/supply-chain/licences.ts';
import { lockedPackages, readLockFile } from '../../ops/supply-chain/lock-file.ts';
import { deployedPart, readSbom } from '../../ops/supply-chain/sbom.ts';
import project from '../../package.json' with { type: 'json' };
import cdk from '../../packages/cdk/package.json' with { type: 'json' };
import cli from '../../packages/cli/package.json' with { type: 'json' };
import kit from '../../packages/kit/package.json' with { type: 'json' };
import local from '../../packages/local/package.json' with { type: 'json' };

const locked = lockedPackages(readLockFile());

describe('the lock file', () => {
  it('has the hash of every archive', () => {
    const unknown = locked.filter(
      ({ integrity, inBundle, isWorkspace }) => !inBundle && !isWorkspace && !/^sha512-\S{88}$/.test(integrity ?? ''),
    );
    expect(unknown).toEqual([]);
  });

  it('names no registry, so that it is valid for all registries', () => {
    expect(locked.filter(({ resolved }) => resolved !== undefined)).toEqual([]);
  });

  it('has install scripts only for packages that package.json lists in allowScripts', () => {
    const scripted = locked.filter(({ hasInstallScript }) => hasInstallScript).map(({ name }) => name);
    expect(new Set(scripted)).toEqual(new Set(Object.keys(project.allowScripts)));
  });
});

describe('engines', () => {
  const lock = readLockFile();

  it('cause no warning of npm (npm run lock removes engines that do)', () => {
    expect(packagesWithEngineWarnings(lock)).toEqual([]);
  });

  it('are found if they exclude a Node.js version that may run npm', () => {
    const packages = { ...lock.packages, 'node_modules/new': { engines: { node: '>=22' } } };
    expect(packagesWithEngineWarnings({ packages })).toEqual(['node_modules/new']);
  });

  it("of every installed package accept the project's own Node.js", () => {
    const installed = Object.entries(lock.packages).filter(([path, { link }]) => !link && existsSync(path));
    const refusing = installed.flatMap(([path]) => {
      const { engines = {} } = JSON.parse(readFileSync(join(path, 'package.json'), 'utf8'));
      return satisfies(project.devDependencies.node, engines.node ?? '*') ? [] : [`${path}: ${engines.node}`];
    });
    expect(installed.length).toBeGreaterThan(500);
    expect(refusing).toEqual([]);
  });
});

describe('package.json', () => {
  const dependencies: Record<string, string> = {
    ...project.dependencies,
    ...project.devDependencies,
  };

  it('requires exact versions', () => {
    const all = Object.entries({
      ...dependencies,
      ...kit.dependencies,
      ...cdk.dependencies,
      ...local.dependencies,
      ...cli.devDependencies,
      ...cli.peerDependencies,
    });
    expect(all.filter(([, version]) => !/^(npm:.+@)?\d+\.\d+\.\d+$/.test(version))).toEqual([]);
  });

  it('uses the same versions as the kit, because a bundle would otherwise contain both', () => {
    const shared = Object.keys(kit.dependencies).filter((name) => name in dependencies);
    expect(shared).toContain('zod');
    for (const name of shared) expect([name, dependencies[name]]).toEqual([name, kit.dependencies[name as 'zod']]);
  });
});

describe('licences', () => {
  const refused = (license: string | undefined, deployed: boolean) =>
    refusedLicences([
      {
        name: 'some-package',
        version: '1.2.3',
        deployed,
        isWorkspace: false,
        ...(license === undefined ? {} : { license }),
      },
    ]);

  it('of every package are allowed for its use', () => {
    expect(refusedLicences(locked)).toEqual([]);
  });

  it.each(['MIT', '(MIT OR GPL-3.0-or-later)', '(Apache-2.0 AND BSD-3-Clause)'])('%s may be deployed', (license) => {
    expect(refused(license, true)).toEqual([]);
  });

  it.each([
    'GPL-3.0-only',
    '(MIT AND GPL-3.0-only)',
    '((MIT OR GPL-3.0-only) AND AGPL-3.0-only)',
    'UNLICENSED',
    'SEE LICENSE IN LICENSE.md',
  ])('%s is refused, deployed or not, with name, version and licence', (license) => {
    const refusal = { name: 'some-package', version: '1.2.3', licence: license };
    expect(refused(license, true)).toEqual([{ ...refusal, use: 'deployed' }]);
    expect(refused(license, false)).toEqual([{ ...refusal, use: 'tool' }]);
  });

  it('of tools may have more conditions than those of deployed packages', () => {
    expect(refused('MPL-2.0', false)).toEqual([]);
    expect(refused('MPL-2.0', true)).toHaveLength(1);
  });

  it('must be named', () => {
    expect(refused(undefined, false)).toMatchObject([{ licence: 'no licence' }]);
  });

  it.each([
    ['0.2.2', 0],
    ['0.2.1', 1],
  ])('that are not in the lock file are known for exact versions only: format@%s', (version, refusals) => {
    const format = { name: 'format', version, deployed: false, isWorkspace: false };
    expect(refusedLicences([format])).toHaveLength(refusals);
  });
});

describe('the SBOM', () => {
  it('lists exactly the deployed packages, including those that tools also use', () => {
    const sbom = deployedPart(readSbom(), locked, project.name);

    const listed = new Set(sbom.components.map((component) => component['bom-ref']));
    expect(listed).toEqual(
      new Set(locked.filter(({ deployed }) => deployed).map(({ name, version }) => `${name}@${version}`)),
    );
    for (const [name, version] of Object.entries(project.dependencies)) expect(listed).toContain(`${name}@${version}`);
    for (const { dependsOn } of sbom.dependencies) for (const ref of dependsOn) expect(listed).toContain(ref);
    expect(sbom.metadata.component.name).toBe('rollcall-members');
  });
});

describe('the search for secrets', () => {
  const search = (input: string) =>
    spawnSync(process.execPath, ['node_modules/secretlint/bin/secretlint.js', '--stdinFileName', 'functions/some.ts'], {
      input,
      encoding: 'utf8',
    });
  // Invented keys. They are split, because the search would otherwise find them in this file.
  const accessKeyId = ['AKIA', 'Q3EGRH7ZKLWXV2MN'].join('');
  const secretAccessKey = ['wJq8XUtnFEMIxK7MDENG', 'bPxRfiCYq3ZpLkEy8u2V'].join('');

  it.each([
    ['AWSAccessKeyID', `const id = '${accessKeyId}';`],
    ['AWSSecretAccessKey', `aws_secret_access_key = "${secretAccessKey}"`],
  ])('finds an %s, and does not print it', (kind, text) => {
    const { status, stdout } = search(text);
    expect(stdout).toContain(kind);
    expect(status).toBe(1);
    for (const secret of [accessKeyId, secretAccessKey]) expect(stdout).not.toContain(secret);
  });

  it('accepts text without secrets', () => {
    expect(search("const accountId = '000000000000';").status).toBe(0);
  });
});
