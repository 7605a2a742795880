import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, realpathSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { synthesize } from './synthesize.ts';

/** Of an assembly: what it was made of, and what was made. */
interface Stamp {
  inputs: string;
  outputs: string;
}

const STAMP = '.synthesized.json';
/** What npm writes at each install: the versions of all packages, and which are links. */
const INSTALLED = '.package-lock.json';
/** They differ from start to start, and say nothing of the app. */
const OF_STARTS = /^(npm_.*|_|OLDPWD|PWD|SHLVL|INIT_CWD|PARENT_PID|COLUMNS|LINES|TERM.*)$/;

/**
 * As {@link synthesize}, but leaves an assembly as it is whose inputs have not changed: the files of the app and of the projects
 * that it is in, its packages, this Node and the environment. Files count by their size and time. An app whose packages npm has not installed is synthesized always.
 * @throws {CloudError} with what the app wrote to its standard error
 */
export async function synthesizeChanged(outdir: string, root = process.cwd()): Promise<string> {
  const stamp = join(outdir, STAMP);
  const inputs = inputsOf(root, outdir);
  const before = existsSync(stamp) ? (JSON.parse(readFileSync(stamp, 'utf8')) as Stamp) : undefined;
  if (inputs !== undefined && before?.inputs === inputs && before.outputs === outputsOf(outdir)) return outdir;
  rmSync(stamp, { force: true });
  await synthesize(outdir, {}, { root });
  if (inputs !== undefined)
    writeFileSync(stamp, JSON.stringify({ inputs, outputs: outputsOf(outdir) } satisfies Stamp));
  return outdir;
}

function inputsOf(root: string, outdir: string): string | undefined {
  const installed = foldersUp(root)
    .map((folder) => join(folder, 'node_modules', INSTALLED))
    .filter((file) => existsSync(file));
  if (installed.length === 0) return undefined;
  // An app of a workspace may be made of what others in it have.
  const folders = new Set([...installed.map(projectOf), ...installed.flatMap(linkedBy)]);
  const isLeftOut = (_: string, name: string) => name === 'node_modules' || name === basename(outdir);
  return digestOf([
    process.version,
    ...Object.entries(process.env).flatMap(([name, value]) => (OF_STARTS.test(name) ? [] : [`${name}=${value}`])),
    ...installed.map(stateOf),
    ...[...folders].flatMap((folder) => statesIn(folder, isLeftOut)),
  ]);
}

const outputsOf = (outdir: string): string => digestOf(statesIn(outdir, (_, name) => name === STAMP));

const foldersUp = (folder: string): string[] =>
  dirname(folder) === folder ? [folder] : [folder, ...foldersUp(dirname(folder))];

const projectOf = (installed: string): string => dirname(dirname(installed));

/** The folders of packages that are links, such as those of a workspace. */
function linkedBy(installed: string): string[] {
  const { packages } = JSON.parse(readFileSync(installed, 'utf8')) as {
    packages: Record<string, { link?: boolean; resolved?: string }>;
  };
  const base = projectOf(installed);
  return Object.values(packages).flatMap(({ link, resolved }) => (link && resolved ? [join(base, resolved)] : []));
}

/** Folders whose name begins with a dot hold data, caches and history. Links are followed. */
function statesIn(
  folder: string,
  isLeftOut: (path: string, name: string) => boolean,
  seen = new Set<string>(),
): string[] {
  const real = realpathSync(folder);
  if (seen.has(real)) return [];
  seen.add(real);
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    const state = statSync(path, { throwIfNoEntry: false });
    if (state === undefined || isLeftOut(path, name)) return [];
    if (state.isDirectory()) return name.startsWith('.') ? [] : statesIn(path, isLeftOut, seen);
    return [`${path} ${state.size} ${state.mtimeMs}`];
  });
}

function stateOf(path: string): string {
  const { size, mtimeMs } = statSync(path);
  return `${path} ${size} ${mtimeMs}`;
}

const digestOf = (lines: readonly string[]): string =>
  createHash('sha256').update(lines.toSorted().join('\n')).digest('hex');
