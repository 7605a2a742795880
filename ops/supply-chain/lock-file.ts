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
  /** Where a workspace is linked to; the workspace has an entry of its own. */
  link?: boolean;
  /** Of a workspace. */
  name?: string;
}

export interface LockFile {
  packages: Record<string, LockEntry>;
}

export interface LockedPackage extends LockEntry {
  name: string;
  /** One of the project's own packages, which comes from no registry. */
  isWorkspace: boolean;
}

export const readLockFile = (): LockFile => JSON.parse(readFileSync('package-lock.json', 'utf8'));

/** Every package but the project itself, for every platform and not only the one that runs this. */
export const lockedPackages = ({ packages }: LockFile): LockedPackage[] =>
  Object.entries(packages)
    .filter(([path, { link }]) => path !== '' && !link)
    .map(([path, entry]) => ({
      ...entry,
      name: entry.name ?? path.replace(/^.*node_modules\//, ''),
      isWorkspace: !path.includes('node_modules/'),
    }));
