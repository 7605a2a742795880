import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { channels } from '../../shared/contracts/channels.ts';
import { asyncApi } from './asyncapi.ts';
import { jsonSchema } from './json-schema.ts';
import { openApi } from './openapi.ts';
import { page } from './page.ts';

export const ROOT = join(import.meta.dirname, '../..');
export const FOLDER = 'docs/api';

/** The content of every document that is generated from the contracts, by its path from the project's root. */
export function documents(): Map<string, string> {
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };
  const json = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`;
  const api = openApi(version);
  const messages = channels.flatMap(({ messages }) => messages);
  return new Map([
    [`${FOLDER}/openapi.json`, json(api)],
    [`${FOLDER}/asyncapi.json`, json(asyncApi(version))],
    [`${FOLDER}/index.html`, page(api)],
    ...messages.map(({ type, data }): [string, string] => [
      `${FOLDER}/messages/${type}.json`,
      json({ $schema: 'https://json-schema.org/draft/2020-12/schema', title: type, ...jsonSchema(data) }),
    ]),
  ]);
}

/** The paths of documents that are missing, or that differ from the generated ones. */
export const staleDocuments = (): string[] =>
  [...documents()]
    .filter(([path, content]) => !existsSync(join(ROOT, path)) || readFileSync(join(ROOT, path), 'utf8') !== content)
    .map(([path]) => path);
