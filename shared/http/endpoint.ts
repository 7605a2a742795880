import type { Logger } from '@aws-lambda-powertools/logger';
import type { MiddlewareObj } from '@middy/core';
import httpContentNegotiation from '@middy/http-content-negotiation';
import httpJsonBodyParser from '@middy/http-json-body-parser';
import * as z from 'zod';
import { aboutAggregate } from '../observability/spans.ts';
import { etagOfBody, matches, matchesWeakly } from './conditions.ts';
import { toProblem } from './failures.ts';
import { jsonText } from './json-text.ts';
import { notFound, Problem, problemResponse } from './problems.ts';
import { type HttpEvent, type HttpResponse, secured } from './secured.ts';
import { served } from './served.ts';
import { validated } from './validation.ts';

const MAX_BODY_BYTES = 64 * 1024;

const JSON_TYPE = 'application/json';
/** Of an endpoint whose answer has no body: there is nothing to accept. */
export const NOTHING = '';

/** Of what is about nobody: caches may keep it, and ask whether it is still so. */
export const PUBLIC = { 'cache-control': 'no-cache' };

/** An endpoint that takes no body. Errors become RFC 9457 problems; what is read can be read on conditions. */
export function endpoint(logger: Logger, handle: (event: HttpEvent) => Promise<HttpResponse>, mediaType = JSON_TYPE) {
  const handler = secured()
    .use(problems(logger))
    .use(negotiation(mediaType))
    .use(conditionalReads)
    .handler((event) => handle(event));
  return served(handler);
}

/** An endpoint that takes a JSON body of the given shape: at most 64 KB, else 413; 415, 400 and 422 as they apply. */
export function jsonEndpoint<S extends z.ZodType>(
  logger: Logger,
  body: S,
  handle: (event: HttpEvent, body: z.output<S>) => Promise<HttpResponse>,
) {
  const handler = secured()
    .use(problems(logger))
    .use(negotiation(JSON_TYPE))
    .use(bodyLimit)
    .use(jsonText)
    .use(httpJsonBodyParser())
    .handler(async (event) => handle(event, validated(body, event.body)));
  return served(handler);
}

export function json(statusCode: number, body: unknown, headers: Record<string, string> = {}): HttpResponse {
  return { statusCode, headers: { 'content-type': JSON_TYPE, ...headers }, body: JSON.stringify(body) };
}

export function header({ headers }: HttpEvent, name: string): string | undefined {
  return headers[name];
}

/** The member that the path names. */
export function memberId(event: HttpEvent): string {
  const id = pathId(event, 'member');
  aboutAggregate(id);
  return id;
}

/** The id in the path. What is none of ours is nobody's: no table need be asked. */
export function pathId({ pathParameters }: HttpEvent, what: string): string {
  const id = pathParameters?.id ?? '';
  if (z.uuid().safeParse(id).success) return id;
  throw notFound(`${what} of that id`);
}

/** `Accept`, as RFC 9110 §12.5.1 has it. */
const negotiation = (mediaType: string) =>
  httpContentNegotiation({
    parseMediaTypes: mediaType !== NOTHING,
    parseCharsets: false,
    parseEncodings: false,
    parseLanguages: false,
    availableMediaTypes: [mediaType],
  }) as MiddlewareObj<HttpEvent, HttpResponse>;

/** Entity tags, `If-None-Match` and `If-Match` of reads, as RFC 9110 §13.2.2 has them. */
const conditionalReads: MiddlewareObj<HttpEvent, HttpResponse> = {
  after(request) {
    const { event, response } = request;
    if (response?.statusCode !== 200 || response.body === undefined || !isRead(event)) return;
    const tag = String(response.headers?.etag ?? etagOfBody(response.body));
    response.headers = { ...response.headers, etag: tag };
    const [ifMatch, ifNoneMatch] = [header(event, 'if-match'), header(event, 'if-none-match')];
    if (ifMatch !== undefined && !matches(ifMatch, tag)) {
      throw new Problem('version-mismatch', `The resource is at ${tag} by now.`);
    }
    if (ifNoneMatch !== undefined && matchesWeakly(ifNoneMatch, tag)) {
      const { 'content-type': _, ...kept } = response.headers;
      request.response = { statusCode: 304, headers: kept };
    }
  },
};

const isRead = ({ requestContext }: HttpEvent) => ['GET', 'HEAD'].includes(requestContext.http.method);

const bodyLimit: MiddlewareObj<HttpEvent, HttpResponse> = {
  before({ event: { body = '', isBase64Encoded } }) {
    if (Buffer.byteLength(body, isBase64Encoded ? 'base64' : 'utf8') > MAX_BODY_BYTES) {
      throw new Problem('body-too-large', `The body may have at most ${MAX_BODY_BYTES} bytes.`);
    }
  },
};

function problems(logger: Logger): MiddlewareObj<HttpEvent, HttpResponse> {
  return {
    onError(request) {
      const problem = toProblem(request.error);
      if (problem.status >= 500)
        logger.error('request failed', { error: request.error, route: request.event.routeKey });
      request.response = problemResponse(problem, request.event.rawPath);
    },
  };
}
