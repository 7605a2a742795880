import { readFileSync } from 'node:fs';

/** An entry of `packages` in package-lock.json: https://docs.npmjs.com/cli/v11/configuring-npm/package-lock-json */
interface LockEntry {
  version?: string;
  license?: string;
  integrity?: string;
  resolved?: string;
  /** Nothing but development asks for it. What is optional in production has no such mark. */
  dev?: boolean;
  /** Comes inside its parent's archive, whose hash covers it. */
  inBundle?: boolean;
  hasInstallScript?: boolean;
  /** A package of the project's own. */
  link?: boolean;
}

export interface LockFile {
  packages: Record<string, LockEntry>;
}

export interface LockedPackage extends LockEntry {
  name: string;
}

export const readLockFile = (): LockFile => JSON.parse(readFileSync('package-lock.json', 'utf8'));

/** Every package but the project's own, for every platform and not only the one that runs this. */
export const lockedPackages = ({ packages }: LockFile): LockedPackage[] =>
  Object.entries(packages)
    .filter(([path, { link }]) => path.includes('node_modules/') && !link)
    .map(([path, entry]) => ({ ...entry, name: path.replace(/^.*node_modules\//, '') }));
