import type { Route } from '@rollcall/kit/internal/contracts/route';
import type { Edit } from './edits.ts';
import { checkNotDeclared } from './imports.ts';
import { singular } from './names.ts';
import type { Source } from './sources.ts';

interface Handler {
  /** The names that the handler uses from `@rollcall/kit/http`. */
  uses: readonly string[];
  text: string;
}

/** A placeholder handler of a route. It responds with status 200 and, if the path contains `{id}`, the requested id. */
export function handlerOf(key: string, { path }: Route): Handler {
  if (!path.includes('{id}'))
    return { uses: ['endpoint', 'json'], text: `export const ${key} = endpoint(logger, async () => json(200, {}));\n` };
  const [, what = ''] = /([^/]*)\/\{id\}/.exec(path) ?? [];
  const id = `pathId(event, '${singular(what) || 'resource'}')`;
  return {
    uses: ['endpoint', 'json', 'pathId'],
    text: `export const ${key} = endpoint(logger, async (event) => json(200, { id: ${id} }));\n`,
  };
}

/** A handler file without handlers. */
export const emptyHandlerFile = (service: string): string => `\
import { endpoint } from '@rollcall/kit/http';
import { createObservability } from '@rollcall/kit/observability';

const { logger } = createObservability('${service}');
`;

const FROM_HTTP = /^import \{([^{}]*)\} from '@rollcall\/kit\/http';$/gm;

/**
 * Appends a handler to a file. If the file has no `logger` or not exactly one import from `@rollcall/kit/http`, returns
 * the lines that the user must add.
 * @throws {OperatorError} if the file already declares or imports `key`
 */
export function withHandler({ file, text }: Source, key: string, handler: Handler): Edit {
  checkNotDeclared({ file, text }, key);
  const [imported, ...others] = text.matchAll(FROM_HTTP);
  const isKnown = imported && others.length === 0 && /^const \{[^}]*\blogger\b[^}]*\} = /m.test(text);
  if (!isKnown)
    return {
      where: `${file}, with a logger of createObservability`,
      lines: [`import { ${handler.uses.join(', ')} } from '@rollcall/kit/http';`, handler.text.trimEnd()],
    };
  const names = new Set([...(imported[1] ?? '').split(',').map((name) => name.trim()), ...handler.uses]);
  const all = [...names].filter((name) => name !== '').toSorted(byName);
  const line = `import { ${all.join(', ')} } from '@rollcall/kit/http';`;
  // A line has at most 120 characters.
  const written = line.length <= 120 ? line : `import {\n  ${all.join(',\n  ')},\n} from '@rollcall/kit/http';`;
  return { file, text: `${text.replace(FROM_HTTP, written).trimEnd()}\n\n${handler.text}` };
}

const nameOf = (imported: string): string => imported.replace(/^type /, '').toLowerCase();
const byName = (one: string, other: string): number => nameOf(one).localeCompare(nameOf(other), 'en');
