import { readFileSync, writeFileSync } from 'node:fs';
import { subset } from 'semver';
import type { LockFile } from './lock-file.ts';

/** The Node.js versions that may run npm here, as the project itself says. */
const npmNodeVersions = ({ packages }: LockFile): string => packages['']?.engines?.node ?? '*';

/**
 * Packages whose `engines` in package-lock.json exclude a Node.js that may run npm. `npm ci` warns of each, although none of them
 * runs on that Node.js: every script of the project runs on its own Node.js.
 * @returns their paths in the lock file
 */
export function packagesWithEngineWarnings(lock: LockFile): string[] {
  const hosts = npmNodeVersions(lock);
  return Object.entries(lock.packages)
    .filter(([path, { engines }]) => path.includes('node_modules/') && !subset(hosts, engines?.node ?? '*'))
    .map(([path]) => path);
}

/** Leaves those `engines` out of package-lock.json. npm keeps it so until the package's version changes. */
export function writeWithoutWarnings(file: string): void {
  const lock = JSON.parse(readFileSync(file, 'utf8')) as LockFile;
  for (const path of packagesWithEngineWarnings(lock)) delete lock.packages[path]?.engines;
  writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
}

if (import.meta.main) writeWithoutWarnings('package-lock.json');
