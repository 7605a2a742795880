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
  /** Bundled in its parent's archive, whose hash covers it. */
  inBundle?: boolean;
  hasInstallScript?: boolean;
  /** A link to a workspace, which has an entry of its own. */
  link?: boolean;
  /** For a workspace. */
  name?: string;
}

export interface LockFile {
  packages: Record<string, LockEntry>;
}

export interface LockedPackage extends LockEntry {
  name: string;
  /** Whether it is one of the project's own packages, which are in no registry. */
  isWorkspace: boolean;
  /** Whether functions depend on it, directly or not; otherwise it is a tool. */
  deployed: boolean;
}

/** The roots of the functions' dependencies: npm itself treats every workspace as deployed. */
const DEPLOYED_FROM = ['', 'packages/kit'];

export const readLockFile = (): LockFile => JSON.parse(readFileSync('package-lock.json', 'utf8'));

/** The folder in which Node.js finds a package that is imported from another. */
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

/** Every package except the project itself, for all platforms. */
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
