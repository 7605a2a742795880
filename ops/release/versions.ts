import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

type Versions = Record<string, string>;
interface Manifest {
  name: string;
  version: string;
  dependencies?: Versions;
  devDependencies?: Versions;
  peerDependencies?: Versions;
}
interface LockFile extends Manifest {
  packages: Record<string, Partial<Manifest>>;
}

const LOCK_FILE = 'package-lock.json';
const FIELDS = ['dependencies', 'devDependencies', 'peerDependencies'] as const;

/** The folders of the project itself (''), its packages and its examples. */
const foldersOf = (root: string): string[] => [
  '',
  ...['packages', 'examples'].flatMap((parent) =>
    readdirSync(join(root, parent))
      .map((name) => join(parent, name))
      .filter((folder) => existsSync(join(root, folder, 'package.json'))),
  ),
];

/** The folders with changelogs: the project's (''), and each package's. */
export const changelogFolders = (root: string): string[] =>
  foldersOf(root).filter((folder) => existsSync(join(root, folder, 'CHANGELOG.md')));

const read = <T>(root: string, file: string): T => JSON.parse(readFileSync(join(root, file), 'utf8'));
const write = (root: string, file: string, content: unknown) =>
  writeFileSync(join(root, file), `${JSON.stringify(content, null, 2)}\n`);

export const versionOf = (root: string): string => read<Manifest>(root, 'package.json').version;

/** Yields the fields that contain the project's version, in a manifest or in an entry of the lock file. */
function* versionFields(
  manifest: Partial<Manifest>,
  projectNames: ReadonlySet<string>,
): Generator<{ in: Versions; name: string }> {
  if (manifest.version !== undefined) yield { in: manifest as unknown as Versions, name: 'version' };
  for (const field of FIELDS)
    for (const name of Object.keys(manifest[field] ?? {}))
      if (projectNames.has(name)) yield { in: manifest[field] as Versions, name };
}

/** Returns each file that contains the project's version, with the fields that contain it. */
function versionPlaces(root: string) {
  const folders = foldersOf(root);
  const manifests = folders.map((folder) => {
    const file = join(folder, 'package.json');
    return { file, content: read<Manifest>(root, file) };
  });
  const projectNames = new Set(manifests.map(({ content }) => content.name));
  const lock = read<LockFile>(root, LOCK_FILE);
  const entries = folders.flatMap((folder) => [...versionFields(lock.packages[folder] ?? {}, projectNames)]);
  return [
    ...manifests.map(({ file, content }) => ({ file, content, places: [...versionFields(content, projectNames)] })),
    { file: LOCK_FILE, content: lock, places: [{ in: lock as unknown as Versions, name: 'version' }, ...entries] },
  ];
}

/** Returns an error for each field whose version differs from the version in `package.json`. */
export function versionFindings(root: string): string[] {
  const version = versionOf(root);
  return versionPlaces(root).flatMap(({ file, places }) =>
    places
      .filter(({ in: holder, name }) => holder[name] !== version)
      .map(({ in: holder, name }) => {
        const ofDependency = name === 'version' ? '' : ` of ${name}`;
        return `${file} has version ${holder[name]}${ofDependency}, but package.json has ${version}. To set all versions: npm run release:prepare -- ${version}`;
      }),
  );
}

/** Sets the version of the project, its packages and its examples, and of dependencies on them. */
export function setVersion(root: string, version: string): void {
  for (const { file, content, places } of versionPlaces(root)) {
    for (const { in: holder, name } of places) holder[name] = version;
    write(root, file, content);
  }
}
