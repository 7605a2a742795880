import { readFileSync } from 'node:fs';

/** An entry of `packages` in package-lock.json: https://docs.npmjs.com/cli/v11/configuring-npm/package-lock-json */
interface LockEntry {
  version?: string;
  license?: string;
  integrity?: string;
  engines?: { node?: string };
  resolved?: string;
  dependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
  peerDependencies?: Record<string, string>;
  peerDependenciesMeta?: Record<string, { optional?: boolean }>;
  /** Whether the package is bundled in its parent's archive. The hash of that archive then covers it. */
  inBundle?: boolean;
  hasInstallScript?: boolean;
  /** Whether the entry is a link to a workspace. The workspace has its own entry. */
  link?: boolean;
  /** The name of a workspace, or of a package that is installed under an alias. */
  name?: string;
}

export interface LockFile {
  packages: Record<string, LockEntry>;
}

export interface LockedPackage extends LockEntry {
  name: string;
  /** Whether the package is one of the project's own packages, which are not in a registry. */
  isWorkspace: boolean;
  /** Whether functions depend on the package directly or indirectly. Otherwise, it is a tool. */
  deployed: boolean;
}

/**
 * The roots of the functions' dependencies. npm's own data cannot be used, because it treats every workspace as
 * deployed.
 */
const DEPLOYED_FROM = ['', 'packages/kit'];

export const readLockFile = (): LockFile => JSON.parse(readFileSync('package-lock.json', 'utf8'));

/** Returns the folder in which Node.js finds a package that another package imports. */
function resolved(packages: LockFile['packages'], from: string, name: string): string | undefined {
  for (let folder = from; ; folder = folder.slice(0, Math.max(folder.lastIndexOf('/node_modules/'), 0))) {
    const path = `${folder}${folder && '/'}node_modules/${name}`;
    if (path in packages) return path;
    if (folder === '') return undefined;
  }
}

function deployedPaths(packages: LockFile['packages']): Set<string> {
  const found = new Set(DEPLOYED_FROM);
  // Iterating over a set includes elements that are added during the iteration.
  for (const path of found) {
    const { dependencies, optionalDependencies, peerDependencies, peerDependenciesMeta = {} } = packages[path] ?? {};
    const peers = Object.keys(peerDependencies ?? {}).filter((name) => !peerDependenciesMeta[name]?.optional);
    for (const name of [...Object.keys({ ...dependencies, ...optionalDependencies }), ...peers]) {
      const dependency = resolved(packages, path, name);
      if (dependency !== undefined) found.add(dependency);
    }
  }
  return found;
}

/** Returns every package except the project itself, for all platforms. */
export function lockedPackages({ packages }: LockFile): LockedPackage[] {
  const deployed = deployedPaths(packages);
  return Object.entries(packages)
    .filter(([path, { link }]) => path !== '' && !link)
    .map(([path, entry]) => ({
      ...entry,
      name: entry.name ?? path.replace(/^.*node_modules\//, ''),
      isWorkspace: !path.includes('node_modules/'),
      deployed: deployed.has(path),
    }));
}
