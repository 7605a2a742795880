import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { buildConsole } from './build.ts';

/** The page in the published package, beside the bundle. */
const PUBLISHED = join(import.meta.dirname, 'page');

/** The folder of the console's page: the published one, or one that is built from the sources. */
export const builtConsole = async (): Promise<string> => (existsSync(PUBLISHED) ? PUBLISHED : buildConsole());
