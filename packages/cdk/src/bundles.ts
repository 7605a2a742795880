import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { buildSync } from 'esbuild';
import { bundling } from './bundling.ts';

const root = process.cwd();
/**
 * The esbuild options for debugging. The embedded cloud sets ROLLCALL_SOURCE_MAPS if the cloud runs under a debugger.
 */
const debugOptions =
  process.env.ROLLCALL_SOURCE_MAPS === 'true' ? ({ minify: false, sourcemap: 'linked' } as const) : undefined;

interface Bundles {
  folder: string;
  /** The application's own files in the bundle of each handler file. */
  sources: ReadonlyMap<string, readonly string[]>;
  /** The names that each handler file exports. */
  exports: ReadonlyMap<string, readonly string[]>;
}

let bundles: Bundles | undefined;

/** Builds all handlers on first use, in one esbuild run: docs/decisions/0002-one-esbuild-run.md. */
function getBundles(): Bundles {
  bundles ??= buildAll();
  return bundles;
}

/**
 * The folder with the bundle of a handler file (`index.mjs`).
 * @param entry path from the project's root, such as `functions/orders/api.handler.ts`
 * @param handler an export that the file must have
 * @throws {Error} if the file or the export does not exist. The error message lists the existing handler files or
 * exports
 */
export function bundleOf(entry: string, handler?: string): string {
  const { folder, exports } = getBundles();
  const exported = exports.get(entry);
  if (!exported) throw new Error(`There is no handler file ${entry}. There are: ${[...exports.keys()].join(', ')}.`);
  if (handler !== undefined && !exported.includes(handler))
    throw new Error(
      `${entry} does not export \`${handler}\`, the handler of a function. Export it, or remove the function. The file exports: ${exported.join(', ')}.`,
    );
  return join(folder, folderOf(entry));
}

/** The names of the consumers whose descriptors are in the bundle of a handler file. */
export const consumersIn = (entry: string): string[] =>
  (getBundles().sources.get(entry) ?? []).flatMap((file) =>
    [...readFileSync(join(root, file), 'utf8').matchAll(/\bdefineConsumer\(\s*['"]([^'"]+)['"]/g)].flatMap(
      ([, name]) => name ?? [],
    ),
  );

const folderOf = (entry: string) => entry.replaceAll('/', '-').replace(/\.handler\.ts$/, '');

function buildAll(): Bundles {
  const folder = mkdtempSync(join(tmpdir(), 'rollcall-bundles-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  const entries = globSync('functions/**/*.handler.ts', { cwd: root });
  const { metafile } = buildSync({
    absWorkingDir: root,
    entryPoints: Object.fromEntries(entries.map((entry) => [`${folderOf(entry)}/index`, entry])),
    outdir: folder,
    ...bundling,
    ...debugOptions,
    metafile: true,
    logLevel: 'warning',
  });
  for (const file of Object.keys(metafile.outputs)) if (file.endsWith('.map')) makeSourcesAbsolute(resolve(root, file));
  const outputs = Object.values(metafile.outputs).flatMap(({ entryPoint, inputs, exports }) => {
    const used = Object.entries(inputs).filter(([file, { bytesInOutput }]) => bytesInOutput > 0 && isOwn(file));
    return entryPoint === undefined ? [] : [{ entry: entryPoint, sources: used.map(([file]) => file), exports }];
  });
  return {
    folder,
    sources: new Map(outputs.map(({ entry, sources }) => [entry, sources])),
    exports: new Map(outputs.map(({ entry, exports }) => [entry, exports])),
  };
}

/**
 * Replaces the paths of the sources in a source map with URLs, because relative paths would be wrong after CDK copies
 * the bundle.
 */
function makeSourcesAbsolute(file: string): void {
  const map = JSON.parse(readFileSync(file, 'utf8')) as { sources: string[] };
  const sources = map.sources.map((source) => pathToFileURL(resolve(dirname(file), source)).href);
  writeFileSync(file, JSON.stringify({ ...map, sources }));
}

const isOwn = (file: string): boolean => !/(^|\/)node_modules\//.test(file);
