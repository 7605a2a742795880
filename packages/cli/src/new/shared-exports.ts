import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Channel } from '@rollcall/kit/internal/contracts/channel';
import { OperatorError } from '../stage/errors.ts';

/** A value, and how the sources of its app import it. */
export interface Exported<T = unknown> {
  name: string;
  /** From the app's folder, such as `shared/contracts.ts`. */
  file: string;
  value: T;
}

/** What an app's `shared/` exports. */
export interface SharedExports {
  /** @throws {OperatorError} that names the topics there are */
  topic(name: string): Promise<Exported<Channel>>;
  /**
   * @param hint a text that stands where the value is made: only such files are loaded
   * @throws {OperatorError} if nothing exports that very value
   */
  of(value: unknown, hint: string): Promise<Exported>;
}

const TOPIC = /\btopic\(\s*['"]([^'"]+)['"]/g;

/** @param root folder of the app */
export function sharedExports(root: string): SharedExports {
  const folder = join(root, 'shared');
  const sources = filesOf(folder).map((path) => ({
    file: `shared/${path.replaceAll('\\', '/')}`,
    text: readFileSync(join(folder, path), 'utf8'),
  }));

  async function exported(holds: (text: string) => boolean): Promise<Exported[]> {
    const found = sources.filter(({ text }) => holds(text));
    const modules = await Promise.all(found.map(async ({ file }) => ({ file, exports: await load(join(root, file)) })));
    return modules.flatMap(({ file, exports }) =>
      Object.entries(exports).map(([name, value]) => ({ name, file, value })),
    );
  }
  const topicsIn = (text: string) => [...text.matchAll(TOPIC)].map(([, name]) => name);

  return {
    async topic(name) {
      const all = await exported((text) => topicsIn(text).includes(name));
      const found = all.find(({ value }) => isTopic(value) && value.name === name);
      if (found) return found as Exported<Channel>;
      const known = sources.flatMap(({ text }) => topicsIn(text)).join(', ') || 'none';
      throw new OperatorError(`No file of shared/ exports a topic "${name}"; there are: ${known}.`);
    },
    async of(value, hint) {
      const found = (await exported((text) => text.includes(hint))).find((one) => one.value === value);
      if (found) return found;
      throw new OperatorError(`No file of shared/ exports what is made as "${hint}".`);
    },
  };
}

const isTopic = (value: unknown): value is Channel => (value as Partial<Channel> | null)?.kind === 'topic';

function filesOf(folder: string): string[] {
  try {
    return readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((path) => /(?<!\.d)\.ts$/.test(path));
  } catch (cause) {
    throw new OperatorError('This is no folder of an app: it has no shared/ with its contracts.', { cause });
  }
}

const load = async (path: string): Promise<object> =>
  await import(pathToFileURL(path).href).catch((cause: Error) => {
    throw new OperatorError(`${path} cannot be loaded: ${cause.message} (Node.js 24 loads TypeScript.)`, { cause });
  });
