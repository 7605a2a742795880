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
/** Files that the embedded cloud writes into an assembly. */
const WRITTEN_LATER = [STAMP, 'package.json', '.compile-cache'];
/** The file in which npm records, at each install, the versions of all packages and the linked packages. */
const INSTALLED = '.package-lock.json';
/**
 * Variables that differ between starts but do not affect the app. npm's own options, as in `npm start --stage=x`, are
 * not ignored, because they affect the app.
 */
const IGNORED_VARIABLES =
  /^(npm_(lifecycle|package)_.*|npm_(command|execpath|node_execpath)|_|OLDPWD|PWD|SHLVL|INIT_CWD|PARENT_PID|COLUMNS|LINES|TERM.*)$/;
/** Folders that do not contain sources: packages, version control and the data of the embedded cloud. */
const NO_SOURCES = ['node_modules', '.git', '.rollcall'];

/**
 * Synthesizes an app like {@link synthesize}, but keeps an existing assembly if neither the assembly nor its inputs
 * have changed. The inputs are the files of the app, of the projects that contain the app, and of linked packages;
 * npm's record of the installed packages; the Node.js version; and the environment variables. Files are compared by
 * size and change time. Other changes are not detected, such as those of files elsewhere, Git history and files in
 * `node_modules`. An app is always synthesized if npm has not installed its packages, or if a folder or file of the
 * inputs cannot be read.
 * @param options `always`: synthesize even if nothing has changed; `onUnchanged`: called if the assembly is kept
 * @throws {CloudError} if the app cannot be synthesized. The message contains the app's standard error
 */
export async function synthesizeChanged(
  outdir: string,
  { root = process.cwd(), always = false, onUnchanged }: SynthesizeOptions = {},
): Promise<string> {
  const stamp = join(outdir, STAMP);
  const inputs = readableInputs(root, outdir);
  const isCurrent = () => existsSync(stamp) && readFileSync(stamp, 'utf8') === stampOf(inputs, outdir);
  if (!always && inputs !== undefined && isCurrent()) {
    onUnchanged?.();
    return outdir;
  }
  rmSync(stamp, { force: true });
  await synthesize(outdir, {}, { root });
  if (inputs !== undefined) writeFileSync(stamp, stampOf(inputs, outdir));
  return outdir;
}

/** A fingerprint of the inputs of an assembly, and of the assembly itself. */
const stampOf = (inputs: string | undefined, outdir: string): string => `${inputs} ${outputsOf(outdir)}`;

/** @returns a digest of the inputs; undefined if it cannot be determined whether the inputs have changed */
function readableInputs(root: string, outdir: string): string | undefined {
  try {
    return inputsOf(root, outdir);
  } catch (error) {
    // The cause is a circular link, a linked package whose folder does not exist, or a missing read permission.
    if ((error as NodeJS.ErrnoException).syscall !== undefined) return undefined;
    throw error;
  }
}

function inputsOf(root: string, outdir: string): string | undefined {
  const installed = foldersUp(root)
    .map((folder) => join(folder, 'node_modules', INSTALLED))
    .filter((file) => existsSync(file))
    // If `node_modules` is a link to another project's folder, the file belongs to that project.
    .map((file) => realpathSync(file));
  if (installed.length === 0) return undefined;
  // An app in a workspace may use other folders of the workspace.
  const folders = new Set([root, ...installed.map(projectOf), ...installed.flatMap(linkedBy)]);
  const isIgnored = (_: string, name: string) => NO_SOURCES.includes(name) || name === basename(outdir);
  return digestOf([
    process.version,
    // Bundles are different while debugging.
    `debugged ${isDebugged()}`,
    ...Object.entries(process.env).flatMap(([name, value]) =>
      IGNORED_VARIABLES.test(name) ? [] : [`${name}=${value}`],
    ),
    ...installed.map(stateOf),
    ...[...folders].flatMap((folder) => statesIn(folder, isIgnored)),
  ]);
}

const outputsOf = (outdir: string): string =>
  digestOf(statesIn(outdir, (path) => WRITTEN_LATER.some((name) => path === join(outdir, name))));

/**
 * The folder and the folders that contain it, up to but without the home or root directory. These two are not projects,
 * even if they contain packages.
 */
const foldersUp = (folder: string): string[] =>
  dirname(folder) === folder || folder === homedir() ? [] : [folder, ...foldersUp(dirname(folder))];

const projectOf = (installed: string): string => dirname(dirname(installed));

/** The targets of linked packages, such as those of a workspace. */
function linkedBy(installed: string): string[] {
  const { packages } = JSON.parse(readFileSync(installed, 'utf8')) as {
    packages: Record<string, { link?: boolean; resolved?: string }>;
  };
  const base = projectOf(installed);
  return Object.values(packages).flatMap(({ link, resolved }) => (link && resolved ? [join(base, resolved)] : []));
}

/** The states of all files in a folder. Follows links, except dangling ones. */
function statesIn(
  folder: string,
  isIgnored: (path: string, name: string) => boolean,
  seen = new Set<string>(),
): string[] {
  const real = realpathSync(folder);
  if (seen.has(real)) return [];
  seen.add(real);
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    const state = statSync(path, { throwIfNoEntry: false });
    if (state === undefined || isIgnored(path, name)) return [];
    return state.isDirectory() ? statesIn(path, isIgnored, seen) : [`${path} ${state.size} ${state.ctimeMs}`];
  });
}

function stateOf(path: string): string {
  const { size, ctimeMs } = statSync(path);
  return `${path} ${size} ${ctimeMs}`;
}

const digestOf = (lines: readonly string[]): string =>
  createHash('sha256').update(lines.toSorted().join('\n')).digest('hex');
