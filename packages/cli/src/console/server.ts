import type { IncomingMessage, ServerResponse } from 'node:http';
import type { App } from '../app-definition.ts';
import { subscribersOf } from '../stage/consumers.ts';
import { registeredEntries } from '../stage/directory.ts';
import { type EmbeddedCloud, embeddedCloudOf } from '../stage/embedded-cloud.ts';
import type { StageClient } from '../stage/stage.ts';
import { operatorToken } from '../stage/token.ts';
import { topologyIn } from '../stage/topology.ts';
import type { RouteHandler } from './console-request.ts';
import { createListeners } from './listeners.ts';
import { pageFiles } from './page-files.ts';
import type { Bursts } from './parts.ts';
import { problemOf } from './problem.ts';
import { bodyOf, NOT_FOUND, problem, send, sendLines } from './responses.ts';
import { routesOf } from './routes.ts';
import { createWatch, type PageEvent } from './watch.ts';

export interface ConsoleOptions {
  /** The app of the working folder. Empty: the console shows only the parts that all apps have. */
  app: Partial<App>;
  stage: StageClient;
  /** The folder of the built page. Resolves when the page is built. */
  page: Promise<string>;
}

export interface Console {
  /**
   * Call this method only in a server that `createGuardedServer` created. Other servers do not refuse requests from
   * pages of other origins.
   * @returns whether the request was for the console; if not, the caller must respond
   */
  serve(request: IncomingMessage, response: ServerResponse): boolean;
  stop(): Promise<void>;
}

const API = '/console/api/';

/** The console of a stage: its page and API. @throws {OperatorError} if the stage is not found */
export async function createConsole({ app, stage, page }: ConsoleOptions): Promise<Console> {
  const [cloud, subscribers] = await Promise.all([embeddedCloudOf(stage), stage.subscribers()]);
  const topology = topologyIn(await stage.resources(), stage.table(''));
  const apiUrl = await apiUrlOf(stage, cloud);
  const listeners = createListeners();
  const bursts = await burstsOf(app, stage, cloud, listeners.broadcast);
  const watch = createWatch({ app, stage, cloud, topology, subscribers, send: listeners.broadcast, bursts });
  const routeOf = routerOf(routesOf({ app, stage, cloud, topology, subscribers, apiUrl, watch, bursts }));
  const file = pageFiles(page);

  function listen(request: IncomingMessage, response: ServerResponse): void {
    const [burst, failures] = [bursts?.last(), watch.failures()];
    const initial: PageEvent[] = [
      ...(burst ? [{ event: 'burst', data: burst } as const] : []),
      ...(failures.length > 0 ? [{ event: 'failures', data: failures } as const] : []),
    ];
    listeners.add(request, response, initial, watch.pagesClosed);
    watch.pageOpened();
  }

  async function respond(
    request: IncomingMessage,
    response: ServerResponse,
    path: string,
    query: URLSearchParams,
  ): Promise<void> {
    const { method = 'GET' } = request;
    if (path === 'live') return listen(request, response);
    const found = routeOf(`${method} ${path}`);
    if (!found) return problem(response, NOT_FOUND);
    try {
      const body = await bodyOf(request);
      const result = found.route({ parameters: found.parameters, query, body });
      if (Symbol.asyncIterator in result) return await sendLines(response, result);
      send(response, 200, 'application/json', JSON.stringify(await result));
    } catch (error) {
      problem(response, problemOf(error as Error));
    }
  }

  return {
    serve(request, response) {
      const [path = '/', query] = (request.url ?? '/').split('?');
      const isRead = request.method === 'GET' || request.method === 'HEAD';
      // The caller responds to all other requests. An embedded cloud passes them to the stage's own API.
      if (!path.startsWith('/console/') && !(path === '/' && isRead)) return false;
      const responding = path.startsWith(API)
        ? respond(request, response, path.slice(API.length), new URLSearchParams(query))
        : file(response, path);
      responding.catch((error: Error) =>
        error instanceof URIError ? problem(response, NOT_FOUND) : response.destroy(error),
      );
      return true;
    },
    async stop() {
      listeners.end();
      await watch.stop();
    },
  };
}

async function apiUrlOf(stage: StageClient, cloud: EmbeddedCloud | undefined): Promise<string> {
  if (cloud) return cloud.apiUrl;
  const [api] = await registeredEntries(stage, 'api');
  return String(api?.attributes.url ?? '');
}

/** Bursts exist only for an embedded cloud, because in an AWS account they would create real data. */
async function burstsOf(
  app: Partial<App>,
  stage: StageClient,
  cloud: EmbeddedCloud | undefined,
  send: (event: PageEvent) => void,
): Promise<Bursts | undefined> {
  if (!cloud || !app.console?.bursts) return undefined;
  const subscribers = subscribersOf(await stage.consumers());
  const options = { stage, cloud, subscribers, token: () => operatorToken(stage, app) };
  return app.console.bursts(options, (data) => send({ event: 'burst', data }));
}

/** Returns a function that finds the route of a method and a path, and the values of the route's `{}`. */
function routerOf(
  routes: Record<string, RouteHandler>,
): (key: string) => { route: RouteHandler; parameters: string[] } | undefined {
  const patterns = Object.entries(routes).map(
    ([key, route]) => [new RegExp(`^${key.replaceAll('{}', '([^/]+)')}$`), route] as const,
  );
  return (key) => {
    for (const [pattern, route] of patterns) {
      const match = pattern.exec(key);
      if (match) return { route, parameters: match.slice(1).map(decodeURIComponent) };
    }
    return undefined;
  };
}
