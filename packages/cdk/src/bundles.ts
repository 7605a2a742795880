import { globSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { bundling } from './bundling.ts';

const root = process.cwd();
let bundles: string | undefined;

/**
 * The folder with the bundle of a handler file (`index.mjs`). All handlers are built at first use, in one run of
 * esbuild rather than one for each: docs/decisions/0002-one-esbuild-run.md.
 * @param entry path from the project's root, such as `functions/orders/api.handler.ts`
 */
export function bundleOf(entry: string): string {
  bundles ??= buildAll();
  return join(bundles, folderOf(entry));
}

const folderOf = (entry: string) => entry.replaceAll('/', '-').replace(/\.handler\.ts$/, '');

function buildAll(): string {
  const outdir = mkdtempSync(join(tmpdir(), 'rollcall-bundles-'));
  process.once('exit', () => rmSync(outdir, { recursive: true, force: true }));
  const entries = globSync('functions/**/*.handler.ts', { cwd: root });
  buildSync({
    absWorkingDir: root,
    entryPoints: Object.fromEntries(entries.map((entry) => [`${folderOf(entry)}/index`, entry])),
    outdir,
    ...bundling,
    logLevel: 'warning',
  });
  return outdir;
}
