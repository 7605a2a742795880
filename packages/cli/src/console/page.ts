import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { buildConsole } from './build.ts';

/** Beside the bundle that is published. */
const PUBLISHED = join(import.meta.dirname, 'page');

/** The folder of the console's page: as the package brings it, or built from its sources. */
export const builtConsole = async (): Promise<string> => (existsSync(PUBLISHED) ? PUBLISHED : buildConsole());
