import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { extname, join, normalize } from 'node:path';
import { close, listen } from '@rollcall/local/internal/server/listen';
import { root, runNode } from '../support/run.ts';

const TYPES: Record<string, string> = {
  '.css': 'text/css',
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
};

export interface Site {
  url: string;
  /** The folder of the built site. */
  folder: string;
  stop(): Promise<void>;
}

/** Builds the site, and serves its files. VitePress fails if a link to a page is dead. */
export async function startSite(): Promise<Site> {
  const folder = await mkdtemp(join(tmpdir(), 'rollcall-site-'));
  const written = await runNode([join(root, 'ops/docs/main.ts')]);
  if (written.code !== 0) throw new Error(written.stderr);
  const built = await runNode([
    join(root, 'node_modules/vitepress/bin/vitepress.js'),
    'build',
    'docs',
    '--outDir',
    folder,
  ]);
  if (built.code !== 0) throw new Error(`${built.stdout}${built.stderr}`);
  const server = createServer(async ({ url = '/' }, response) => {
    const path = normalize(decodeURIComponent(new URL(url, 'http://site').pathname));
    const file = join(folder, path.endsWith('/') ? `${path}index.html` : path);
    try {
      response.setHeader('content-type', TYPES[extname(file)] ?? 'application/octet-stream').end(await readFile(file));
    } catch {
      response.writeHead(404).end();
    }
  });
  const url = await listen(server, 0, 'the site');
  const stop = async () => {
    await close(server);
    await rm(folder, { recursive: true });
  };
  return { url, folder, stop };
}
