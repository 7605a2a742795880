import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Channel } from '@rollcall/kit/internal/contracts/channel';
import { OperatorError } from '../stage/errors.ts';
import { sourcesIn } from './sources.ts';

/** An exported value, with its name and its file. */
export interface Exported<T = unknown> {
  name: string;
  /** Relative to the app's folder, such as `shared/contracts.ts`. */
  file: string;
  value: T;
}

/** The exports of an app's `shared/`. Each function throws an {@link OperatorError} if it cannot load a file. */
export interface SharedExports {
  /** @throws {OperatorError} if there is no such topic; the message lists the topics */
  topic(name: string): Promise<Exported<Channel>>;
  /** All channels. */
  channels(): Promise<ReadonlyArray<Exported<Channel>>>;
  /**
   * The export with this value.
   * @param hint a text in the file that exports the value; only files with this text are loaded
   * @throws {OperatorError} if no file exports this value
   */
  of(value: unknown, hint: string): Promise<Exported>;
}

const TOPIC = /\btopic\(\s*['"]([^'"]+)['"]/g;

/** @param root folder of the app @throws {OperatorError} if the app has no `shared/` */
export function sharedExports(root: string): SharedExports {
  const sources = sourcesIn(root, 'shared');
  if (sources.length === 0) throw new OperatorError('This folder contains no app: it has no shared/ with contracts.');

  async function exportsOf(isWanted: (text: string) => boolean): Promise<Exported[]> {
    const found = sources.filter(({ text }) => isWanted(text));
    const modules = await Promise.all(found.map(async ({ file }) => ({ file, exports: await load(join(root, file)) })));
    return modules.flatMap(({ file, exports }) =>
      Object.entries(exports).map(([name, value]) => ({ name, file, value })),
    );
  }
  const topicsIn = (text: string) => [...text.matchAll(TOPIC)].map(([, name]) => name);

  return {
    async topic(name) {
      const all = await exportsOf((text) => topicsIn(text).includes(name));
      const found = all.find(({ value }) => isTopic(value) && value.name === name);
      if (found) return found as Exported<Channel>;
      const known = sources.flatMap(({ text }) => topicsIn(text)).join(', ') || 'none';
      throw new OperatorError(`No file of shared/ exports a topic "${name}"; there are: ${known}.`);
    },
    async channels() {
      const all = await exportsOf((text) => /\b(topic|queue)\(/.test(text));
      return all.filter((one): one is Exported<Channel> => isChannel(one.value));
    },
    async of(value, hint) {
      const found = (await exportsOf((text) => text.includes(hint))).find((one) => one.value === value);
      if (found) return found;
      throw new OperatorError(`No file of shared/ exports the value of "${hint}".`);
    },
  };
}

const isChannel = (value: unknown): value is Channel =>
  ['topic', 'queue'].includes((value as Partial<Channel> | null)?.kind ?? '');
const isTopic = (value: unknown): value is Channel => isChannel(value) && value.kind === 'topic';

const load = async (path: string): Promise<object> =>
  await import(pathToFileURL(path).href).catch((cause: Error) => {
    throw new OperatorError(`${path} cannot be loaded: ${cause.message} (Loading TypeScript requires Node.js 24.)`, {
      cause,
    });
  });
