import { randomUUID } from 'node:crypto';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import type { LambdaFunction } from '../lambda/function.ts';
import type { Meter } from '../metering/meter.ts';
import { createGuardedServer, refusalOf } from '../server/guard.ts';
import { readBody } from '../server/read-body.ts';
import type { GatewayCall } from './access-log.ts';
import type { Authorize } from './authorizers.ts';
import { allowsOrigin, type Cors, corsHeaders, preflight } from './cors.ts';
import { eventOf, headersOf } from './event.ts';
import { bytesOfHead, MAX_BODY_BYTES, MAX_EVENT_BYTES, MAX_HEAD_BYTES, TIMEOUT_MS } from './quotas.ts';
import { faultIn, respond } from './results.ts';
import { type ApiRoute, Routes } from './routes.ts';
import type { ApiStage } from './stage.ts';

/** @returns whether the site handles the request; if not, the API handles it */
export type Site = (request: IncomingMessage, response: ServerResponse) => boolean;

/** An HTTP API of API Gateway. Its routes invoke functions with payload format 2.0. */
export class HttpApi {
  readonly id: string;
  readonly accountId: string;
  readonly server: Server;
  readonly #routes = new Routes();
  readonly #stages = new Map<string, ApiStage>();
  readonly #meter: Meter | undefined;
  #open = false;
  cors: Cors | undefined;
  /** A site at the API's address. The site gets each request before the API, except requests from other origins. */
  site: Site | undefined;

  constructor(id: string, accountId: string, meter?: Meter) {
    this.id = id;
    this.accountId = accountId;
    this.#meter = meter;
    this.server = createGuardedServer(
      (request, response) => {
        this.#handle(request, response).catch((error: Error) => {
          // The client disconnected before it had sent the whole request.
          if (!request.complete) return response.destroy();
          console.error(error);
          if (response.headersSent) return response.destroy();
          response.writeHead(500, { 'content-type': 'application/json' }).end('{"message":"Internal Server Error"}');
        });
      },
      (origin) => this.cors !== undefined && allowsOrigin(this.cors, origin),
    );
  }

  /** @param key `METHOD /path/{parameter}`, `ANY /path/{rest+}` or `$default` */
  addRoute(key: string, target: () => LambdaFunction, authorize?: Authorize, timeoutMs = TIMEOUT_MS): void {
    this.#routes.add({ key, target, authorize, timeoutMs });
  }

  /** Whether gRPC clients can call at least one route of the API. */
  get hasGrpcRoutes(): boolean {
    return this.#routes.hasGrpcRoutes;
  }

  addStage(stage: ApiStage): void {
    this.#stages.set(stage.name, stage);
  }

  get stageNames(): string[] {
    return [...this.#stages.keys()];
  }

  /** Starts to serve requests. Call this method after all routes are added. */
  open(): void {
    this.#open = true;
  }

  /** Removes all routes and stages. Until {@link open} is called again, requests get 503, so that clients retry. */
  clearRoutes(): void {
    this.#open = false;
    this.#routes.clear();
    this.#stages.clear();
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    // Pages of other origins must not use the site, even if the template allows them to use the API.
    if (refusalOf(request.headers) === undefined && this.site?.(request, response)) return;
    const [path = '/', query = ''] = (request.url ?? '/').split(/\?(.*)/s);
    const [stage, pathInStage] = this.#stageOf(path);
    const call: GatewayCall = {
      ...{ requestId: randomUUID(), startedAt: Date.now(), request },
      ...{ api: this, stage: stage?.name ?? '', path },
    };
    if (stage?.log) response.once('close', () => stage.log?.(call, response));
    const body = await readBody(request, MAX_BODY_BYTES);
    if (bytesOfHead(request) > MAX_HEAD_BYTES) return sendError(call, response, 431, 'Request Header Fields Too Large');
    if (!body) return sendError(call, response, 413, 'Request Entity Too Large');
    if (!this.#open) return sendError(call, response, 503, 'Service Unavailable');
    const headers = headersOf(request);
    if (this.cors) {
      const allowed = preflight(this.cors, request.method, headers);
      if (allowed) return void response.writeHead(204, allowed).end();
      for (const [name, value] of Object.entries(corsHeaders(this.cors, headers))) response.setHeader(name, value);
    }
    const match = stage && this.#routes.match(request.method ?? 'GET', pathInStage);
    if (!match) return sendError(call, response, 404, 'Not Found');
    call.routeKey = match.route.key;
    if (!stage.accepts(match.route.key)) return sendError(call, response, 429, 'Too Many Requests');
    this.#meter?.recordRequest(match.route.key);
    const method = request.method ?? 'GET';
    const received = { method, path, query, headers, body };
    const authorized = await match.route.authorize?.(received, `${stage.name}/${method}${pathInStage}`);
    if (authorized && 'refused' in authorized) return sendRefusal(call, response, authorized.refused);
    if (authorized) call.authorizer = authorized.authorizer;
    await invoke(match.route, call, eventOf(call, match, received), response, this.cors !== undefined);
  }

  /**
   * The stage of a path, and the path within the stage
   * (https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-stages.html).
   */
  #stageOf(path: string): [ApiStage | undefined, string] {
    const [, name = '', rest = ''] = /^\/([^/]*)(.*)$/.exec(path) ?? [];
    const named = this.#stages.get(name);
    return named ? [named, rest || '/'] : [this.#stages.get('$default'), path];
  }
}

/** Invokes the route's function and sends its response. */
async function invoke(
  { key, target, timeoutMs }: ApiRoute,
  call: GatewayCall,
  event: APIGatewayProxyEventV2,
  response: ServerResponse,
  hasCors: boolean,
): Promise<void> {
  const fn = target();
  const payload = JSON.stringify(event);
  if (Buffer.byteLength(payload) > MAX_EVENT_BYTES) return sendError(call, response, 413, 'Request Entity Too Large');
  const requestId = randomUUID();
  const timeout = setTimeout(() => {
    fn.reportFailure(requestId, `no response to ${key} within ${timeoutMs / 1000} seconds`);
    sendError(call, response, 503, 'Service Unavailable');
  }, timeoutMs);
  const start = Date.now();
  const result = await fn.invoke(payload, requestId);
  clearTimeout(timeout);
  call.integration = { requestId, ms: Date.now() - start };
  if (response.headersSent) return;
  if (!result.ok) {
    call.integration.error = String((JSON.parse(result.payload) as { errorMessage?: string }).errorMessage);
    return sendError(call, response, 500, 'Internal Server Error');
  }
  const returned = JSON.parse(result.payload) as APIGatewayProxyStructuredResultV2 | null;
  const problem = respond(response, returned, hasCors);
  if (problem !== undefined) {
    call.integration.error = problem;
    fn.reportFailure(requestId, `API Gateway cannot forward its response to ${key}: ${problem}`);
    return sendError(call, response, 500, 'Internal Server Error');
  }
  call.integration.status = response.statusCode;
  const fault = returned && faultIn(returned);
  if (fault) fn.reportFailure(requestId, `it responded to ${key} with ${fault}`);
}

/** Sends an error of API Gateway itself. */
function sendError(call: GatewayCall, response: ServerResponse, status: number, message: string): void {
  call.error = message;
  const body = JSON.stringify({ message });
  response.setHeader('content-length', body.length);
  response.writeHead(status, { 'content-type': 'application/json' }).end(body);
}

/** Sends the response of API Gateway to a request that an authorizer refused. */
function sendRefusal(call: GatewayCall, response: ServerResponse, status: 401 | 403): void {
  if (status === 401) response.setHeader('www-authenticate', 'Bearer');
  call.authorizerError = status === 401 ? 'Unauthorized' : 'Forbidden';
  sendError(call, response, status, call.authorizerError);
}
