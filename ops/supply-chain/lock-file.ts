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
  /** Whether functions ask for it, or what they ask for does; else it is a tool. */
  deployed: boolean;
}

/** What is in the bundles of functions: npm itself takes every workspace for something that is deployed. */
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
  // A set that grows while it is gone through is gone through to its new end.
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

/** Every package but the project itself, for every platform and not only the one that runs this. */
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
