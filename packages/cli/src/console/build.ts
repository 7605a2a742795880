import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));
const SOURCES = join(ROOT, 'packages/cli/src/console/web');
const CACHE = join(ROOT, 'node_modules/.cache/rollcall-console');

export class ConsoleBuildError extends Error {
  override readonly name = 'ConsoleBuildError';
}

/**
 * Builds the console's page if its sources or packages have changed.
 * @returns the folder that holds `index.html`
 */
export async function buildConsole(): Promise<string> {
  const folder = join(CACHE, await fingerprint());
  if (existsSync(folder)) return folder;
  await mkdir(CACHE, { recursive: true });
  const unfinished = await mkdtemp(join(CACHE, 'unfinished-'));
  try {
    await buildPage(unfinished);
    await rename(unfinished, folder).catch((error: NodeJS.ErrnoException) => {
      // Another process has built the same page first.
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
    });
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
  return folder;
}

/**
 * A hash of the page's sources and packages. The page imports only types from other folders, so changes there do not
 * affect the built page.
 */
async function fingerprint(): Promise<string> {
  const entries = await readdir(SOURCES, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
  const hash = createHash('sha256');
  for (const file of [...files.toSorted(), join(ROOT, 'package-lock.json')])
    hash.update(file).update(await readFile(file));
  return hash.digest('hex').slice(0, 16);
}

/** Builds the page into a folder. @throws {ConsoleBuildError} with Vite's output */
export async function buildPage(outDir: string): Promise<void> {
  const script = fileURLToPath(new URL('build-page.ts', import.meta.url));
  try {
    await promisify(execFile)(process.execPath, ['--disable-warning=ExperimentalWarning', script, outDir], {
      cwd: ROOT,
      // Builds for production even if a test starts the build, because other processes use the same build.
      env: { ...process.env, NODE_ENV: 'production' },
    });
  } catch (cause) {
    const output = cause instanceof Error && 'stderr' in cause ? String(cause.stderr) : String(cause);
    throw new ConsoleBuildError(
      `The console's page could not be built. If you changed packages/cli/src/console/web, see Vite's output below. Otherwise, run npm ci again.\n${output}`,
      { cause },
    );
  }
}
