import { randomUUID } from 'node:crypto';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import type { LambdaFunction } from '../lambda/function.ts';
import type { Meter } from '../metering/meter.ts';
import { createGuardedServer, refusalOf } from '../server/guard.ts';
import { readBody } from '../server/read-body.ts';
import type { Authorize } from './authorizers.ts';
import { allowsOrigin, type Cors, corsHeaders, preflight } from './cors.ts';
import { eventOf, headersOf } from './event.ts';
import { faultIn, respond } from './results.ts';
import { type Route, Routes } from './routes.ts';
import { createThrottle, type Throttling } from './throttle.ts';

/** @returns whether it answers the request; else the API does */
export type Site = (request: IncomingMessage, response: ServerResponse) => boolean;

/** API Gateway's limits (https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html). */
const MAX_BODY_BYTES = 10 * 1024 * 1024;
const TIMEOUT_MS = 30_000;

/** An API Gateway HTTP API: routes to functions, payload format 2.0. */
export class HttpApi {
  readonly id: string;
  readonly accountId: string;
  readonly server: Server;
  readonly #routes = new Routes();
  readonly #meter: Meter | undefined;
  #limits = new Map<string, () => boolean>();
  #limitOf: (key: string) => Throttling = () => ({ rate: Number.POSITIVE_INFINITY, burst: Number.POSITIVE_INFINITY });
  #open = false;
  cors: Cors | undefined;
  /** Something else that listens at the same address. */
  site: Site | undefined;

  constructor(id: string, accountId: string, meter?: Meter) {
    this.id = id;
    this.accountId = accountId;
    this.#meter = meter;
    this.server = createGuardedServer(
      (request, response) => {
        this.#handle(request, response).catch((error: Error) => {
          console.error(error);
          response.destroy();
        });
      },
      (origin) => this.cors !== undefined && allowsOrigin(this.cors, origin),
    );
  }

  /** @param key `METHOD /path/{parameter}`, `ANY /path/{rest+}` or `$default` */
  addRoute(key: string, target: () => LambdaFunction, authorize?: Authorize): void {
    this.#routes.add(key, target, authorize);
  }

  /** Each route lets through what its own settings say, or the default ones. */
  limit(standard: Throttling, routes: ReadonlyMap<string, Throttling>): void {
    this.#limits = new Map();
    this.#limitOf = (key) => routes.get(key) ?? standard;
  }

  #lets(key: string): boolean {
    const throttle = this.#limits.get(key) ?? createThrottle(this.#limitOf(key));
    this.#limits.set(key, throttle);
    return throttle();
  }

  /** Its routes are complete: requests are served from now on. */
  open(): void {
    this.#open = true;
  }

  /** Until it is opened again, requests are answered 503: clients come again. */
  clearRoutes(): void {
    this.#open = false;
    this.#routes.clear();
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    // Whom the template opens the API to may not use the rest.
    if (refusalOf(request.headers) === undefined && this.site?.(request, response)) return;
    const [path = '/', query = ''] = (request.url ?? '/').split(/\?(.*)/s);
    const body = await readBody(request, MAX_BODY_BYTES);
    if (!body) return answer(response, 413, 'Request Entity Too Large');
    if (!this.#open) return answer(response, 503, 'Service Unavailable');
    const headers = headersOf(request);
    if (this.cors) {
      const allowed = preflight(this.cors, request.method, headers);
      if (allowed) return void response.writeHead(204, allowed).end();
      for (const [name, value] of Object.entries(corsHeaders(this.cors, headers))) response.setHeader(name, value);
    }
    const match = this.#routes.match(request.method ?? 'GET', path);
    if (!match) return answer(response, 404, 'Not Found');
    if (!this.#lets(match.route.key)) return answer(response, 429, 'Too Many Requests');
    this.#meter?.requested(match.route.key);
    const asked = { method: request.method ?? 'GET', path, query, headers, body };
    const authorized = await match.route.authorize?.(asked);
    if (authorized && 'refused' in authorized) return refuse(response, authorized.refused);
    await invoke(match.route, eventOf(request, this, match, asked, authorized?.authorizer), response);
  }
}

/** Asks the route's function, and answers what it says. */
async function invoke({ key, target }: Route, event: APIGatewayProxyEventV2, response: ServerResponse): Promise<void> {
  const fn = target();
  const requestId = randomUUID();
  const timeout = setTimeout(() => {
    fn.failed(requestId, `no answer to ${key} within ${TIMEOUT_MS / 1000} seconds`);
    answer(response, 503, 'Service Unavailable');
  }, TIMEOUT_MS);
  const result = await fn.invoke(JSON.stringify(event), requestId);
  clearTimeout(timeout);
  if (response.headersSent) return;
  if (!result.ok) return answer(response, 500, 'Internal Server Error');
  const said = JSON.parse(result.payload) as APIGatewayProxyStructuredResultV2 | null;
  respond(response, said);
  const fault = said && faultIn(said);
  if (fault) fn.failed(requestId, `it answered ${fault} to ${key}`);
}

/** What API Gateway itself says. */
function answer(response: ServerResponse, status: number, message: string): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ message }));
}

/** What API Gateway says when its authorizer does not let a request through. */
function refuse(response: ServerResponse, status: 401 | 403): void {
  if (status === 401) response.setHeader('www-authenticate', 'Bearer');
  answer(response, status, status === 401 ? 'Unauthorized' : 'Forbidden');
}
