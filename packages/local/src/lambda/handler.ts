import { statSync } from 'node:fs';
import { basename, join } from 'node:path';

export interface Handler {
  /** Path of the file that exports the handler. */
  module: string;
  /** Path of the export, such as `handler` or `api.handler`. */
  path: string;
}

/**
 * The extensions, in the order in which Lambda's runtime tries them
 * (https://github.com/aws/aws-lambda-nodejs-runtime-interface-client).
 */
const EXTENSIONS = ['', '.js', '.mjs', '.cjs'];

/**
 * Resolves a function's handler setting: `src/orders.api.handler` is the export `api.handler` of the file `src/orders`.
 * @throws {Error} if the setting is not of the form FILE.EXPORT, or the code has no such file
 */
export function findHandler(codeFolder: string, setting: string): Handler {
  const last = basename(setting);
  const dot = last.indexOf('.');
  if (dot <= 0 || dot === last.length - 1 || setting.includes('..'))
    throw new Error(`its handler, ${setting}, is not of the form FILE.EXPORT`);
  const file = setting.slice(0, setting.length - last.length + dot);
  const module = EXTENSIONS.map((extension) => join(codeFolder, file + extension)).find(isFile);
  if (module === undefined)
    throw new Error(
      `its handler, ${setting}, was not found: ${codeFolder} contains none of ${file}.js, ${file}.mjs and ${file}.cjs`,
    );
  return { module, path: last.slice(dot + 1) };
}

const isFile = (path: string) => statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
