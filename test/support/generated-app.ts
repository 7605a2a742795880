import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { newApp } from 'rollcall/internal/new/app';
import { writePlan } from 'rollcall/internal/new/plan';
import { onTestFinished } from 'vitest';
import { TSC } from '../../ops/packages/build.ts';
import { root as ROOT, runNode } from './run.ts';

/** Creates a folder inside the project, so that apps find their dependencies. */
export function temporaryFolder(): string {
  mkdirSync(join(ROOT, 'dist'), { recursive: true });
  const folder = mkdtempSync(join(ROOT, 'dist/generator-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

/** Creates an app with the service `items`. @returns its folder */
export function shop(): string {
  const root = temporaryFolder();
  writePlan(root, newApp('shop'));
  return root;
}

export const read = (root: string, path: string): string => readFileSync(join(root, path), 'utf8');

/** Returns the content of all files of a folder, by path. */
export const filesOf = (root: string): Record<string, string> =>
  Object.fromEntries(
    readdirSync(root, { recursive: true, withFileTypes: true })
      .filter((one) => one.isFile())
      .map(({ parentPath, name }) => [join(parentPath, name), readFileSync(join(parentPath, name), 'utf8')]),
  );

/** Returns the type errors of an app, which `tsc` prints to its standard output. */
export const typeErrors = async (root: string): Promise<string> =>
  (await runNode([TSC, '-p', root, '--pretty', 'false'])).stdout;

/** Runs a test file of an app with Vitest, with the timeouts of this project. @returns the output */
export async function tested(root: string, file: string): Promise<string> {
  const vitest = join(ROOT, 'node_modules/vitest/vitest.mjs');
  const timeouts = ['--hookTimeout=110000', '--testTimeout=110000'];
  const { stdout, stderr } = await runNode([vitest, 'run', file, ...timeouts], {}, '', root);
  return stdout + stderr;
}
