import { readFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { NOT_FOUND, problem, send } from './responses.ts';

const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};
const BUILDING =
  '<!doctype html><meta charset="utf-8"><meta http-equiv="refresh" content="1"><title>Rollcall</title><p>The page is being built. It will open automatically.</p>';

/**
 * Serves the files of the page. Until the page is built, serves a placeholder.
 * @param page the folder of the built page
 * @returns a function that responds to a request for a path: `/`, or one below `/console/`
 */
export function pageFiles(page: Promise<string>): (response: ServerResponse, path: string) => Promise<void> {
  let folder: string | Error | undefined;
  page.then(
    (built) => {
      folder = built;
    },
    (error: Error) => {
      folder = error;
    },
  );
  return async function file(response: ServerResponse, path: string): Promise<void> {
    if (folder instanceof Error) return send(response, 500, 'text/plain; charset=utf-8', folder.message);
    if (folder === undefined) return send(response, 200, 'text/html; charset=utf-8', BUILDING);
    const name = path === '/' ? 'index.html' : normalize(decodeURIComponent(path.slice('/console/'.length)));
    const type = TYPES[extname(name)];
    const content =
      type && !name.startsWith('..') ? await readFile(join(folder, name)).catch(() => undefined) : undefined;
    if (!content || !type) return problem(response, NOT_FOUND);
    // The names of assets contain a hash of their contents.
    const cache = name === 'index.html' ? 'no-cache' : 'public, max-age=31536000, immutable';
    send(response, 200, type, content, cache);
  };
}
