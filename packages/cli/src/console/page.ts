import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { buildConsole } from './build.ts';

/** Beside the published bundle. */
const PUBLISHED = join(import.meta.dirname, 'page');

/** The folder of the console's page: from the package, or built from its sources. */
export const builtConsole = async (): Promise<string> => (existsSync(PUBLISHED) ? PUBLISHED : buildConsole());
