import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import project from '../../package.json' with { type: 'json' };
import { type LockedPackage, lockedPackages, readLockFile } from './lock-file.ts';

/** What is read of a CycloneDX document: https://cyclonedx.org/docs/1.5/json/ */
export interface Sbom {
  metadata: { component: { name: string; 'bom-ref': string } };
  components: { 'bom-ref': string }[];
  dependencies: { ref: string; dependsOn: string[] }[];
}

/** Of everything that the lock file names, so that it is the same on every platform. */
export const readSbom = (): Sbom => {
  const options = ['--package-lock-only', '--sbom-format', 'cyclonedx', '--sbom-type', 'application'];
  return JSON.parse(execFileSync('npm', ['sbom', ...options], { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 }));
};

/**
 * The part of a document that is deployed. `npm sbom --omit dev` also leaves out what
 * production and development share, more than half of ours (https://github.com/npm/cli/issues/7909). npm names the
 * project after its folder, which is whatever it was cloned to.
 */
export const deployedPart = (sbom: Sbom, packages: LockedPackage[], name: string): Sbom => {
  const { component } = sbom.metadata;
  const kept = new Set(packages.filter(({ deployed }) => deployed).map((entry) => `${entry.name}@${entry.version}`));
  kept.add(component['bom-ref']);
  return {
    ...sbom,
    metadata: { ...sbom.metadata, component: { ...component, name } },
    components: sbom.components.filter((each) => kept.has(each['bom-ref'])),
    dependencies: sbom.dependencies
      .filter(({ ref }) => kept.has(ref))
      .map(({ ref, dependsOn }) => ({ ref, dependsOn: dependsOn.filter((each) => kept.has(each)) })),
  };
};

/** Writes the list of what is deployed. @returns of how many packages */
export function writeSbom(file: string): number {
  const sbom = deployedPart(readSbom(), lockedPackages(readLockFile()), project.name);
  writeFileSync(file, `${JSON.stringify(sbom, null, 2)}\n`);
  return sbom.components.length;
}
