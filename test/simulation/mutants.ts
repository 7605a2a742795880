import { readFileSync } from 'node:fs';
import { registerHooks, stripTypeScriptTypes } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { applyingMutants } from './mutants/applying.ts';
import { erasureMutants } from './mutants/erasure.ts';
import { laterMutants } from './mutants/later.ts';
import type { Mutant } from './mutants/mutant.ts';
import { parkingMutants } from './mutants/parking.ts';
import { publishingMutants } from './mutants/publishing.ts';
import { replyMutants } from './mutants/replies.ts';
import { sagaMutants } from './mutants/sagas.ts';

const root = join(import.meta.dirname, '../..');

export const mutants: readonly Mutant[] = [
  ...publishingMutants,
  ...applyingMutants,
  ...parkingMutants,
  ...replyMutants,
  ...erasureMutants,
  ...laterMutants,
  ...sagaMutants,
];

/** The sources of the mutants, by the URL under which the mutant is imported. */
const mutated = new Map<string, string>();
/** Transpiled sources by URL. They are cached, because stripping types takes most of the time of an import. */
const stripped = new Map<string, string>();

function stripTypes(url: string): string {
  const source = stripped.get(url) ?? stripTypeScriptTypes(readFileSync(fileURLToPath(url), 'utf8'));
  stripped.set(url, source);
  return source;
}

registerHooks({
  // The modules that a module imports belong to the same mutant as the module.
  resolve(specifier, context, next) {
    const resolved = next(specifier, context);
    const query = context.parentURL?.split('?')[1];
    return query && resolved.url.endsWith('.ts') ? { ...resolved, url: `${resolved.url}?${query}` } : resolved;
  },
  load(url, context, next) {
    const [path = '', query] = url.split('?');
    if (!query) return next(url, context);
    return { format: 'module', source: mutated.get(url) ?? stripTypes(path), shortCircuit: true };
  },
});

/**
 * Imports the simulation, with a mutant in place of the original source. Each mutant gets separate module instances, so
 * that one process can run all mutants. Without a name, or with an unknown name, imports the simulation without a
 * mutant.
 * @throws {Error} if the source no longer matches the mutant
 */
export async function importRunner(name?: string): Promise<typeof import('./runner.ts')> {
  const mutant = mutants.find((one) => one.name === name);
  if (!mutant) return import('./runner.ts');
  const { file, from, to } = mutant;
  const path = join(root, file);
  const source = readFileSync(path, 'utf8');
  if (source.split(from).length !== 2)
    throw new Error(`mutant ${name}: ${file} does not contain this exactly once:\n${from}`);
  const query = `?mutant=${name}`;
  mutated.set(`${pathToFileURL(path)}${query}`, stripTypeScriptTypes(source.replace(from, () => to)));
  return import(`./runner.ts${query}`);
}
