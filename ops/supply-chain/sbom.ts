import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import project from '../../package.json' with { type: 'json' };
import { type LockedPackage, lockedPackages, readLockFile } from './lock-file.ts';

/** The fields of a CycloneDX document that are used: https://cyclonedx.org/docs/1.5/json/ */
export interface Sbom {
  metadata: { component: { name: string; 'bom-ref': string } };
  components: { 'bom-ref': string }[];
  dependencies: { ref: string; dependsOn: string[] }[];
}

/** Reads the SBOM from the lock file, so that it is the same on every platform. */
export const readSbom = (): Sbom => {
  const options = ['--package-lock-only', '--sbom-format', 'cyclonedx', '--sbom-type', 'application'];
  return JSON.parse(execFileSync('npm', ['sbom', ...options], { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 }));
};

/**
 * Returns the deployed part of a document. `npm sbom --omit dev` cannot be used, because it also leaves out packages
 * that production and development share, more than half of the deployed packages
 * (https://github.com/npm/cli/issues/7909).
 * @param name the project's name; npm would use the name of the clone's folder
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

/** Writes the SBOM of the deployed packages. @returns their number */
export function writeSbom(file: string): number {
  const sbom = deployedPart(readSbom(), lockedPackages(readLockFile()), project.name);
  writeFileSync(file, `${JSON.stringify(sbom, null, 2)}\n`);
  return sbom.components.length;
}
