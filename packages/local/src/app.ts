import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Beside } from './beside/beside.ts';
import { CloudError } from './errors/cloud-error.ts';

/**
 * An app's configuration for the embedded cloud: the default export of the `rollcall.config.ts` beside the app's
 * `cdk.json`.
 * @public
 */
export interface AppConfig {
  /**
   * The stand-ins that run beside the cloud.
   * @param options.port the API's port, from which stand-ins can derive fixed ports; 0: stand-ins can use any free port
   */
  beside?: (options: { port: number }) => Beside[];
}
const FILES = ['rollcall.config.ts', 'rollcall.config.js', 'rollcall.config.mjs'];

/**
 * Reads the `rollcall.config.ts`, `.js` or `.mjs` of an app.
 * @param root the folder with the app's `cdk.json`
 * @returns an empty config if the app has no such file
 * @throws {CloudError} if the file cannot be loaded, or its default export is not a config
 */
export async function readApp(root: string): Promise<AppConfig> {
  const file = FILES.map((name) => join(root, name)).find((path) => existsSync(path));
  if (file === undefined) return {};
  const { default: config } = (await import(pathToFileURL(file).href).catch((cause: Error) => {
    throw new CloudError(`${file} cannot be loaded: ${cause.message}`, { cause });
  })) as { default?: AppConfig };
  if (typeof config !== 'object')
    throw new CloudError(`${file} must have a config as its default export: export default { … }`);
  return config;
}
