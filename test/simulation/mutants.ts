import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { answeringMutants } from './mutants/answering.ts';
import { applyingMutants } from './mutants/applying.ts';
import { leavingMutants } from './mutants/leaving.ts';
import type { Mutant } from './mutants/mutant.ts';
import { parkingMutants } from './mutants/parking.ts';
import { publishingMutants } from './mutants/publishing.ts';

const root = join(import.meta.dirname, '../..');

export const mutants: readonly Mutant[] = [
  ...publishingMutants,
  ...applyingMutants,
  ...parkingMutants,
  ...answeringMutants,
  ...leavingMutants,
];

/**
 * Puts a mutant in the place of the source, for whatever is imported from now on.
 * @throws {Error} if the source is no longer as the mutant expects it
 */
export function install({ name, file, from, to }: Mutant): void {
  const path = join(root, file);
  const source = readFileSync(path, 'utf8');
  if (source.split(from).length !== 2) throw new Error(`mutant ${name}: ${file} does not have exactly once:\n${from}`);
  const url = pathToFileURL(path).href;
  registerHooks({
    load: (loaded, context, next) =>
      loaded === url
        ? { format: 'module-typescript', source: source.replace(from, () => to), shortCircuit: true }
        : next(loaded, context),
  });
}
