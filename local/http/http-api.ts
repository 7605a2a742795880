import { randomUUID } from 'node:crypto';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import type { LambdaFunction } from '../lambda/function.ts';
import type { Meter } from '../metering/meter.ts';
import { createGuardedServer, refusalOf } from '../server/guard.ts';
import { readBody } from '../server/read-body.ts';
import type { Authorize } from './authorizers.ts';
import { allowsOrigin, type Cors, corsHeaders, preflight } from './cors.ts';
import { createThrottle, type Throttling } from './throttle.ts';

interface Route {
  key: string;
  method: string;
  parts: string[];
  target: () => LambdaFunction;
  authorize: Authorize | undefined;
}

interface Match {
  route: Route;
  pathParameters: Record<string, string>;
}

/** @returns whether it answers the request; else the API does */
export type Site = (request: IncomingMessage, response: ServerResponse) => boolean;

/** API Gateway's limits (https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html). */
const MAX_BODY_BYTES = 10 * 1024 * 1024;
const TIMEOUT_MS = 30_000;

/** An API Gateway HTTP API: routes to functions, payload format 2.0. */
export class HttpApi {
  readonly id: string;
  readonly server: Server;
  readonly #routes: Route[] = [];
  readonly #accountId: string;
  readonly #meter: Meter | undefined;
  #limits = new Map<string, () => boolean>();
  #limitOf: (key: string) => Throttling = () => ({ rate: Number.POSITIVE_INFINITY, burst: Number.POSITIVE_INFINITY });
  #open = false;
  cors: Cors | undefined;
  /** Something else that listens at the same address. */
  site: Site | undefined;

  constructor(id: string, accountId: string, meter?: Meter) {
    this.id = id;
    this.#accountId = accountId;
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
    const [method = '', path = ''] = key === '$default' ? ['ANY', '/{proxy+}'] : key.split(' ');
    this.#routes.push({ key, method, parts: path.split('/').slice(1), target, authorize });
    // The most specific route wins: literal parts before parameters, these before greedy ones, a method before ANY.
    this.#routes.sort((a, b) => rank(a).localeCompare(rank(b)));
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
    this.#routes.length = 0;
  }

  #match(method: string, path: string): Match | undefined {
    const parts = path.split('/').slice(1);
    for (const route of this.#routes) {
      if (route.method !== 'ANY' && route.method !== method) continue;
      const pathParameters = parametersOf(route.parts, parts);
      if (pathParameters) return { route, pathParameters };
    }
    return undefined;
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
    const match = this.#match(request.method ?? 'GET', path);
    if (!match) return answer(response, 404, 'Not Found');
    if (!this.#lets(match.route.key)) return answer(response, 429, 'Too Many Requests');
    this.#meter?.requested(match.route.key);
    const asked = { method: request.method ?? 'GET', path, query, headers, body };
    const authorized = await match.route.authorize?.(asked);
    if (authorized && 'refused' in authorized) return refuse(response, authorized.refused);
    const event = this.#event(request, match, asked, authorized?.authorizer);
    const fn = match.route.target();
    const requestId = randomUUID();
    const timeout = setTimeout(() => {
      fn.failed(requestId, `no answer to ${match.route.key} within ${TIMEOUT_MS / 1000} seconds`);
      answer(response, 503, 'Service Unavailable');
    }, TIMEOUT_MS);
    const result = await fn.invoke(JSON.stringify(event), requestId);
    clearTimeout(timeout);
    if (response.headersSent) return;
    if (!result.ok) return answer(response, 500, 'Internal Server Error');
    const said = JSON.parse(result.payload) as APIGatewayProxyStructuredResultV2 | null;
    respond(response, said);
    const fault = said && faultIn(said);
    if (fault) fn.failed(requestId, `it answered ${fault} to ${match.route.key}`);
  }

  #event(
    request: IncomingMessage,
    { route, pathParameters }: Match,
    { path, query, headers: { cookie, ...headers }, body }: Asked,
    authorizer: object | undefined,
  ): APIGatewayProxyEventV2 {
    const now = new Date();
    const isText = /^(text\/|application\/(.*\+)?(json|xml)|application\/javascript)/.test(
      headers['content-type'] ?? 'text/',
    );
    const queryParameters = Map.groupBy(new URLSearchParams(query), ([name]) => name);
    return {
      version: '2.0',
      routeKey: route.key,
      rawPath: path,
      rawQueryString: query,
      ...(cookie && { cookies: cookie.split('; ') }),
      headers,
      ...(query && {
        queryStringParameters: Object.fromEntries(
          [...queryParameters].map(([name, values]) => [name, values.map(([, value]) => value).join(',')]),
        ),
      }),
      ...(route.key !== '$default' && Object.keys(pathParameters).length > 0 && { pathParameters }),
      requestContext: {
        accountId: this.#accountId,
        apiId: this.id,
        ...(authorizer && { authorizer }),
        domainName: headers.host ?? '',
        domainPrefix: this.id,
        http: {
          method: request.method ?? 'GET',
          path,
          protocol: `HTTP/${request.httpVersion}`,
          sourceIp: request.socket.remoteAddress ?? '',
          userAgent: headers['user-agent'] ?? '',
        },
        requestId: randomUUID(),
        routeKey: route.key,
        stage: '$default',
        time: now.toUTCString(),
        timeEpoch: now.getTime(),
      },
      ...(body.length > 0 && { body: body.toString(isText ? 'utf8' : 'base64') }),
      isBase64Encoded: body.length > 0 && !isText,
    };
  }
}

interface Asked {
  path: string;
  query: string;
  headers: Record<string, string>;
  body: Buffer;
}

const headersOf = ({ headers }: IncomingMessage): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value].flat().join(',')]));

const rank = ({ key, method, parts }: Route) =>
  key === '$default'
    ? '9'
    : `${parts.map((part) => (/^\{.*\+\}$/.test(part) ? '3' : part.startsWith('{') ? '2' : '1')).join('')}${method === 'ANY' ? '2' : '1'}`;

function parametersOf(template: readonly string[], parts: readonly string[]): Record<string, string> | undefined {
  const parameters: Record<string, string> = {};
  for (const [index, expected] of template.entries()) {
    const greedy = /^\{(.*)\+\}$/.exec(expected)?.[1];
    if (greedy) return { ...parameters, [greedy]: parts.slice(index).join('/') };
    const part = parts[index];
    if (part === undefined) return undefined;
    const name = /^\{(.*)\}$/.exec(expected)?.[1];
    if (name ? part === '' : part !== expected) return undefined;
    if (name) parameters[name] = decode(part);
  }
  return template.length === parts.length ? parameters : undefined;
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** UNKNOWN, INTERNAL, UNAVAILABLE and DATA_LOSS: https://grpc.io/docs/guides/status-codes/ */
const GRPC_FAULTS = new Set(['2', '13', '14', '15']);

/** What went wrong in a function by its own word: a status of HTTP, with the type of its problem, or one of gRPC-Web. */
function faultIn(said: APIGatewayProxyStructuredResultV2): string | undefined {
  const { statusCode = 200, headers = {}, body = '', isBase64Encoded } = said;
  const type = String(headers['content-type'] ?? '');
  const text = Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8').toString('latin1');
  if (statusCode >= 500) {
    const problem = type === 'application/problem+json' ? ` (${JSON.parse(text).type})` : '';
    return `${statusCode}${problem}`;
  }
  if (!type.startsWith('application/grpc-web')) return undefined;
  const status = headers['grpc-status'] ?? /grpc-status: ?(\d+)/.exec(text)?.[1];
  return GRPC_FAULTS.has(String(status)) ? `grpc-status ${status}` : undefined;
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

function respond(response: ServerResponse, result: APIGatewayProxyStructuredResultV2 | unknown): void {
  if (typeof result !== 'object' || result === null || !('statusCode' in result)) {
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(result));
    return;
  }
  const {
    statusCode = 200,
    headers = {},
    cookies = [],
    body = '',
    isBase64Encoded,
  } = result as APIGatewayProxyStructuredResultV2;
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, String(value));
  if (cookies.length > 0) response.setHeader('set-cookie', cookies);
  response.writeHead(statusCode).end(Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8'));
}
