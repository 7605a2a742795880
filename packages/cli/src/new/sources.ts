import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A source file of an app. */
export interface Source {
  /** Relative to the app's folder, such as `shared/contracts.ts`. */
  file: string;
  text: string;
}

/**
 * Reads the TypeScript files of a folder, except declaration files, in the order of their paths.
 * @param root folder of the app
 * @returns an empty array if the app has no such folder
 */
export function sourcesIn(root: string, folder: string): readonly Source[] {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .map((path) => `${folder}/${path.replaceAll('\\', '/')}`)
    .filter((file) => /(?<!\.d)\.ts$/.test(file))
    .toSorted()
    .map((file) => ({ file, text: readFileSync(join(root, file), 'utf8') }));
}
