import { readFileSync, writeFileSync } from 'node:fs';
import { subset } from 'semver';
import type { LockFile } from './lock-file.ts';

/** Returns the Node.js versions that may run npm in this project, from the project's own `engines`. */
const npmNodeVersions = ({ packages }: LockFile): string => packages['']?.engines?.node ?? '*';

/**
 * Finds packages whose `engines` in package-lock.json exclude a Node.js version that may run npm. `npm ci` warns of
 * each of these packages, although they never run on that version: all scripts run on the Node.js version that the
 * project installs.
 * @returns their paths in the lock file
 */
export function packagesWithEngineWarnings(lock: LockFile): string[] {
  const hosts = npmNodeVersions(lock);
  return Object.entries(lock.packages)
    .filter(([path, { engines }]) => path.includes('node_modules/') && !subset(hosts, engines?.node ?? '*'))
    .map(([path]) => path);
}

/**
 * In package-lock.json, removes the `engines` of the packages that {@link packagesWithEngineWarnings} finds. npm does
 * not add the `engines` of a package again until the package's version changes.
 */
export function writeWithoutWarnings(file: string): void {
  const lock = JSON.parse(readFileSync(file, 'utf8')) as LockFile;
  for (const path of packagesWithEngineWarnings(lock)) delete lock.packages[path]?.engines;
  writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
}

if (import.meta.main) writeWithoutWarnings('package-lock.json');
