import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Beside } from './beside/beside.ts';
import { CloudError } from './errors/cloud-error.ts';

/**
 * An app's configuration for the embedded cloud: the default export of the `rollcall.config.ts` beside its `cdk.json`.
 * @public
 */
export interface AppConfig {
  /**
   * The stand-ins beside the cloud.
   * @param options.port port of the API, from which fixed ports can be derived; 0: any free ports
   */
  beside?: (options: { port: number }) => Beside[];
}
const FILES = ['rollcall.config.ts', 'rollcall.config.js', 'rollcall.config.mjs'];

/**
 * Reads the `rollcall.config.ts`, `.js` or `.mjs` of an app.
 * @param root the folder with its `cdk.json`
 * @returns an empty config if the app has none
 * @throws {CloudError} if it cannot be loaded, or its default export is not a config
 */
export async function readApp(root: string): Promise<AppConfig> {
  const file = FILES.map((name) => join(root, name)).find((path) => existsSync(path));
  if (file === undefined) return {};
  const { default: config } = (await import(pathToFileURL(file).href).catch((cause: Error) => {
    throw new CloudError(`${file} cannot be loaded: ${cause.message}`, { cause });
  })) as { default?: AppConfig };
  if (typeof config !== 'object') throw new CloudError(`${file} exports no config: export default { … }`);
  return config;
}
