import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, realpathSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { isDebugged } from './lambda/debugger.ts';
import { synthesize } from './synthesize.ts';

interface SynthesizeOptions {
  root?: string;
  always?: boolean;
  onUnchanged?: () => void;
}

const STAMP = '.synthesized';
/** What the embedded cloud writes to an assembly. */
const OWN = [STAMP, 'package.json'];
/** What npm writes at each install: the versions of all packages, and which are links. */
const INSTALLED = '.package-lock.json';
/** They differ from start to start, and say nothing of the app. What npm is told (`npm start --stage=x`) does. */
const OF_STARTS =
  /^(npm_(lifecycle|package)_.*|npm_(command|execpath|node_execpath)|_|OLDPWD|PWD|SHLVL|INIT_CWD|PARENT_PID|COLUMNS|LINES|TERM.*)$/;
/** Folders of history, and of what an app has kept. */
const NO_SOURCES = ['node_modules', '.git', '.rollcall'];

/**
 * As {@link synthesize}, but leaves an assembly as it is whose inputs have not changed: the files of the app and of the projects
 * that it is in, its packages, this Node and the environment. Files count by their size and by the time of their last change. What an
 * app reads elsewhere (files outside, the history of Git, patched packages) is not seen. An app whose packages npm has not installed,
 * or whose files cannot all be read, is synthesized always.
 * @param options `always`: it is synthesized in any case; `onUnchanged`: called if it is left as it is
 * @throws {CloudError} with what the app wrote to its standard error
 */
export async function synthesizeChanged(
  outdir: string,
  { root = process.cwd(), always = false, onUnchanged }: SynthesizeOptions = {},
): Promise<string> {
  const stamp = join(outdir, STAMP);
  const inputs = readableInputs(root, outdir);
  const isMadeOf = () => existsSync(stamp) && readFileSync(stamp, 'utf8') === stampOf(inputs, outdir);
  if (!always && inputs !== undefined && isMadeOf()) {
    onUnchanged?.();
    return outdir;
  }
  rmSync(stamp, { force: true });
  await synthesize(outdir, {}, { root });
  if (inputs !== undefined) writeFileSync(stamp, stampOf(inputs, outdir));
  return outdir;
}

/** What an assembly was made of, and what was made. */
const stampOf = (inputs: string | undefined, outdir: string): string => `${inputs} ${outputsOf(outdir)}`;

/** @returns undefined: nobody can know whether they have changed */
function readableInputs(root: string, outdir: string): string | undefined {
  try {
    return inputsOf(root, outdir);
  } catch (error) {
    // A link that leads to itself, or to a folder that is gone, or a file of somebody else's.
    if ((error as NodeJS.ErrnoException).syscall !== undefined) return undefined;
    throw error;
  }
}

function inputsOf(root: string, outdir: string): string | undefined {
  const installed = foldersUp(root)
    .map((folder) => join(folder, 'node_modules', INSTALLED))
    .filter((file) => existsSync(file))
    // Of packages that are a link to another project's, that project says what is a link.
    .map((file) => realpathSync(file));
  if (installed.length === 0) return undefined;
  // An app of a workspace may be made of what others in it have.
  const folders = new Set([root, ...installed.map(projectOf), ...installed.flatMap(linkedBy)]);
  const isLeftOut = (_: string, name: string) => NO_SOURCES.includes(name) || name === basename(outdir);
  return digestOf([
    process.version,
    // Bundles differ.
    `debugged ${isDebugged()}`,
    ...Object.entries(process.env).flatMap(([name, value]) => (OF_STARTS.test(name) ? [] : [`${name}=${value}`])),
    ...installed.map(stateOf),
    ...[...folders].flatMap((folder) => statesIn(folder, isLeftOut)),
  ]);
}

const outputsOf = (outdir: string): string =>
  digestOf(statesIn(outdir, (path) => OWN.some((name) => path === join(outdir, name))));

/** A home, or a whole disk, is no project, whatever was once installed there. */
const foldersUp = (folder: string): string[] =>
  dirname(folder) === folder || folder === homedir() ? [] : [folder, ...foldersUp(dirname(folder))];

const projectOf = (installed: string): string => dirname(dirname(installed));

/** The folders of packages that are links, such as those of a workspace. */
function linkedBy(installed: string): string[] {
  const { packages } = JSON.parse(readFileSync(installed, 'utf8')) as {
    packages: Record<string, { link?: boolean; resolved?: string }>;
  };
  const base = projectOf(installed);
  return Object.values(packages).flatMap(({ link, resolved }) => (link && resolved ? [join(base, resolved)] : []));
}

/** Links are followed, but for those that lead nowhere. */
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
    return state.isDirectory() ? statesIn(path, isLeftOut, seen) : [`${path} ${state.size} ${state.ctimeMs}`];
  });
}

function stateOf(path: string): string {
  const { size, ctimeMs } = statSync(path);
  return `${path} ${size} ${ctimeMs}`;
}

const digestOf = (lines: readonly string[]): string =>
  createHash('sha256').update(lines.toSorted().join('\n')).digest('hex');
