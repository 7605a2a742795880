import type { MiddlewareObj } from '@middy/core';
import httpJsonBodyParser from '@middy/http-json-body-parser';
import type * as z from 'zod';
import type { Route } from '../contracts/route.ts';
import type { Logger } from '../observability/logger.ts';
import { etagOfBody, evaluate, type Preconditions } from './conditions.ts';
import { toProblem } from './failures.ts';
import { idOf } from './ids.ts';
import { jsonText } from './json-text.ts';
import { Problem, problemAt } from './problems.ts';
import { JSON_TYPE, negotiation, problemIn, RESOURCE, versionTags } from './representation.ts';
import { type HttpEvent, type HttpResponse, secured } from './secured.ts';
import { served } from './served.ts';
import { validated } from './validation.ts';

type Middleware = MiddlewareObj<HttpEvent, HttpResponse>;

const MAX_BODY_BYTES = 64 * 1024;

export interface EndpointOptions {
  /** Media type of the response. Default: JSON or XML, by `Accept`. null: responses have no body. */
  mediaType?: string | null;
  /** The routes that a catch-all endpoint serves. */
  routes?: readonly Route[];
}

/**
 * Creates a function with its own error format, such as that of RPC, for a route of the HTTP API. Sets a time budget
 * and records a span for each request. Adds the security headers and `Cache-Control` to each response.
 * @beta
 */
export const httpFunction = (handle: (event: HttpEvent) => Promise<HttpResponse>) =>
  served(secured().handler((event) => handle(event)));

/**
 * Creates an endpoint without a request body. Errors become RFC 9457 problems; reads support conditional requests.
 * @public
 */
export function endpoint(
  logger: Logger,
  handle: (event: HttpEvent) => Promise<HttpResponse>,
  { mediaType, routes = [] }: EndpointOptions = {},
) {
  const handler = secured()
    .use(problems(logger, routes))
    // middy handles responses in reverse order, so `conditionalReads` gets the negotiated representation, for which it
    // computes the entity tag.
    .use(conditionalReads)
    .use(negotiation(mediaType === undefined ? RESOURCE : mediaType === null ? [] : [mediaType]))
    .handler((event) => handle(event));
  return served(handler);
}

/**
 * Creates an endpoint that requires a JSON body of the given shape, of at most 64 KB. Invalid bodies get 413, 415, 400
 * or 422. Responses can be XML; requests cannot.
 * @public
 */
export function jsonEndpoint<S extends z.ZodType>(
  logger: Logger,
  body: S,
  handle: (event: HttpEvent, body: z.output<S>) => Promise<HttpResponse>,
) {
  const handler = secured()
    .use(problems(logger))
    .use(negotiation(RESOURCE))
    .use(bodyLimit)
    .use(jsonText)
    // `jsonText` checks the media type.
    .use(httpJsonBodyParser({ disableContentTypeCheck: true }))
    .handler(async (event) => handle(event, validated(body, event.body)));
  return served(handler);
}

/**
 * A response with a JSON body.
 * @param body a value that is serialized without validation
 * @public
 */
export function json(statusCode: number, body: unknown, headers: Record<string, string> = {}): HttpResponse {
  return { statusCode, headers: { 'content-type': JSON_TYPE, ...headers }, body: JSON.stringify(body) };
}

/**
 * The id in the path.
 * @public
 */
export const pathId = ({ pathParameters }: HttpEvent, what: string): string => idOf(pathParameters?.id ?? '', what);

/**
 * The preconditions in a request's headers.
 * @public
 */
export const preconditions = (event: HttpEvent): Preconditions => ({
  ifMatch: versionTags(event.headers['if-match']),
  ifNoneMatch: versionTags(event.headers['if-none-match']),
});

/** Adds entity tags to the responses of reads, and evaluates the preconditions of these reads. */
const conditionalReads: Middleware = {
  after(request) {
    const { event, response } = request;
    if (response?.statusCode !== 200 || response.body === undefined || !isRead(event)) return;
    const tag = String(response.headers?.etag ?? etagOfBody(response.body));
    response.headers = { ...response.headers, etag: tag };
    const conditions = { ifMatch: event.headers['if-match'], ifNoneMatch: event.headers['if-none-match'] };
    if (evaluate(conditions, tag, true) === 'proceed') return;
    const { 'content-type': _, ...headers } = response.headers;
    request.response = { statusCode: 304, headers };
  },
};

const isRead = ({ requestContext }: HttpEvent) => ['GET', 'HEAD'].includes(requestContext.http.method);

const bodyLimit: Middleware = {
  before({ event: { body = '', isBase64Encoded } }) {
    if (Buffer.byteLength(body, isBase64Encoded ? 'base64' : 'utf8') > MAX_BODY_BYTES) {
      throw new Problem('body-too-large', `The body may have at most ${MAX_BODY_BYTES} bytes.`);
    }
  },
};

function problems(logger: Logger, routes: readonly Route[] = []): Middleware {
  return {
    onError(request) {
      const { rawPath, routeKey } = request.event;
      const problem = toProblem(request.error);
      if (problem.status >= 500) logger.error('request failed', { error: request.error, route: routeKey });
      const [, template = ''] = routeKey.split(' ');
      const document = problemAt(problem, rawPath, [template, ...routes.map(({ path }) => path)]);
      const { headers, body } = problemIn(request.event, document);
      request.response = { statusCode: document.status, headers: { ...problem.headers, ...headers }, body };
    },
  };
}
