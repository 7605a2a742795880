import { readFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { readBody } from '@rollcall/local/server/read-body';
import { consumersOf, subscribersOf } from '../stage/consumers.ts';
import { registered } from '../stage/directory.ts';
import { embeddedCloudOf } from '../stage/embedded-cloud.ts';
import { OperatorError, type Stage } from '../stage/stage.ts';
import { templatesOf } from '../stage/templates.ts';
import { operatorToken } from '../stage/token.ts';
import { topologyOf } from '../stage/topology.ts';
import { createBursts } from './burst.ts';
import { problemOf, type Route, routesOf } from './routes.ts';
import { createWatch, type Told } from './watch.ts';

export interface ConsoleOptions {
  stage: Stage;
  /** The folder of the built page, as soon as it is there. */
  page: Promise<string>;
}

export interface Console {
  /**
   * For a guarded server.
   * @returns whether the request was for the console; else somebody else is to answer it
   */
  serve(request: IncomingMessage, response: ServerResponse): boolean;
  stop(): Promise<void>;
}

const API = '/console/api/';
const MAX_BODY_BYTES = 64 * 1024;
const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};
/** Scripts and styles are the page's own; the libraries set styles of elements. */
const POLICY = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'";
const STANDARD = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'content-security-policy': POLICY,
};
const NOTHING_HERE = { title: 'There is nothing here.', status: 404 };
const BUILDING =
  '<!doctype html><meta charset="utf-8"><meta http-equiv="refresh" content="1"><title>Rollcall</title><p>The page is being built, once; it comes by itself.</p>';

/** The console of a stage: a page, and what it asks for. @throws {OperatorError} if the stage is not there */
export async function createConsole({ stage, page }: ConsoleOptions): Promise<Console> {
  const [cloud, subscribers] = await Promise.all([embeddedCloudOf(stage), stage.subscribers()]);
  const topology = await topologyOf(await templatesOf(stage));
  const [api] = cloud ? [] : await registered(stage, 'api');
  const apiUrl = cloud?.apiUrl ?? String(api?.attributes.url ?? '');
  const listeners = new Set<ServerResponse>();

  const eventOf = ({ event, data }: Told) => `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;

  function tell(told: Told): void {
    const text = eventOf(told);
    // Who does not keep up, such as a page that sleeps, misses some.
    for (const listener of listeners) if (!listener.writableNeedDrain) listener.write(text);
  }
  const bursts =
    cloud &&
    createBursts(
      { stage, cloud, subscribers: subscribersOf(consumersOf(topology)), token: () => operatorToken(stage) },
      (data) => tell({ event: 'burst', data }),
    );
  const watch = createWatch({ stage, cloud, topology, subscribers, tell, bursts });
  const routes = new Map(
    Object.entries(routesOf({ stage, cloud, topology, subscribers, apiUrl, watch, bursts })).map(([key, route]) => [
      new RegExp(`^${key.replaceAll('{}', '([^/]+)')}$`),
      route,
    ]),
  );
  let folder: string | Error | undefined;
  page.then(
    (built) => {
      folder = built;
    },
    (error: Error) => {
      folder = error;
    },
  );

  function routeOf(key: string): { route: Route; names: string[] } | undefined {
    for (const [pattern, route] of routes) {
      const match = pattern.exec(key);
      if (match) return { route, names: match.slice(1).map(decodeURIComponent) };
    }
    return undefined;
  }

  function listen(request: IncomingMessage, response: ServerResponse): void {
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store', ...STANDARD });
    response.write('retry: 1000\n\n');
    const burst = bursts?.last();
    if (burst) response.write(eventOf({ event: 'burst', data: burst }));
    const failures = watch.failures();
    if (failures.length > 0) response.write(eventOf({ event: 'failures', data: failures }));
    listeners.add(response);
    request.on('close', () => {
      listeners.delete(response);
      if (listeners.size === 0) void watch.stop();
    });
    watch.start();
  }

  async function answer(
    request: IncomingMessage,
    response: ServerResponse,
    path: string,
    query: URLSearchParams,
  ): Promise<void> {
    const { method = 'GET' } = request;
    if (path === 'live') return listen(request, response);
    const found = routeOf(`${method} ${path}`);
    if (!found) return problem(response, NOTHING_HERE);
    try {
      const body = await bodyOf(request);
      const result = found.route({ names: found.names, query, body });
      if (Symbol.asyncIterator in result) return await answerLines(response, result);
      send(response, 200, 'application/json', JSON.stringify(await result));
    } catch (error) {
      problem(response, problemOf(error as Error));
    }
  }

  async function file(response: ServerResponse, path: string): Promise<void> {
    if (folder instanceof Error) return send(response, 500, 'text/plain; charset=utf-8', folder.message);
    if (folder === undefined) return send(response, 200, 'text/html; charset=utf-8', BUILDING);
    const name = path === '/' ? 'index.html' : normalize(decodeURIComponent(path.slice('/console/'.length)));
    const type = TYPES[extname(name)];
    const content =
      type && !name.startsWith('..') ? await readFile(join(folder, name)).catch(() => undefined) : undefined;
    if (!content || !type) return problem(response, NOTHING_HERE);
    // Assets have a hash in their names.
    const cache = name === 'index.html' ? 'no-cache' : 'public, max-age=31536000, immutable';
    send(response, 200, type, content, cache);
  }

  return {
    serve(request, response) {
      const [path = '/', query] = (request.url ?? '/').split('?');
      const isRead = request.method === 'GET' || request.method === 'HEAD';
      // The page of `/` is for people; whoever wants something else of it asks the API.
      if (!path.startsWith('/console/') && !(path === '/' && isRead)) return false;
      const answering = path.startsWith(API)
        ? answer(request, response, path.slice(API.length), new URLSearchParams(query))
        : file(response, path);
      answering.catch((error: Error) =>
        error instanceof URIError ? problem(response, NOTHING_HERE) : response.destroy(error),
      );
      return true;
    },
    async stop() {
      for (const listener of listeners) listener.end();
      await watch.stop();
    },
  };
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const body = await readBody(request, MAX_BODY_BYTES);
  if (!body) throw new OperatorError(`The body may have at most ${MAX_BODY_BYTES} bytes.`);
  if (body.length === 0) return undefined;
  try {
    return JSON.parse(body.toString()) as unknown;
  } catch {
    throw new OperatorError('The body is no JSON.');
  }
}

async function answerLines(response: ServerResponse, lines: AsyncIterable<unknown>): Promise<void> {
  for await (const line of lines) {
    if (!response.headersSent) response.writeHead(200, { 'content-type': 'application/x-ndjson', ...STANDARD });
    response.write(`${JSON.stringify(line)}\n`);
  }
  response.end();
}

function problem(response: ServerResponse, document: { title: string; status: number }): void {
  // Lines that have begun can only break off.
  if (response.headersSent) response.destroy();
  else
    send(response, document.status, 'application/problem+json', JSON.stringify({ type: 'about:blank', ...document }));
}

function send(response: ServerResponse, status: number, type: string, content: string | Buffer, cache = 'no-store') {
  response.writeHead(status, { 'content-type': type, 'cache-control': cache, ...STANDARD }).end(content);
}
