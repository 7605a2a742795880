import type { Logger } from '@aws-lambda-powertools/logger';
import middy, { type MiddlewareObj } from '@middy/core';
import httpJsonBodyParser from '@middy/http-json-body-parser';
import httpSecurityHeaders from '@middy/http-security-headers';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import * as z from 'zod';
import { notFound, Problem, problemResponse } from './problems.ts';

const MAX_BODY_BYTES = 64 * 1024;

export type HttpEvent = APIGatewayProxyEventV2;
export type HttpResponse = APIGatewayProxyStructuredResultV2;

/** An endpoint that takes no body. Errors become RFC 9457 problems. */
export function endpoint(logger: Logger, handle: (event: HttpEvent) => Promise<HttpResponse>) {
  return middy<HttpEvent, HttpResponse>().use(headers).use(problems(logger)).handler(handle);
}

/** An endpoint that takes a JSON body of the given shape: at most 64 KB, else 413; 415, 400 and 422 as they apply. */
export function jsonEndpoint<S extends z.ZodType>(
  logger: Logger,
  body: S,
  handle: (event: HttpEvent, body: z.output<S>) => Promise<HttpResponse>,
) {
  return middy<HttpEvent, HttpResponse>()
    .use(headers)
    .use(problems(logger))
    .use(bodyLimit)
    .use(httpJsonBodyParser())
    .handler((event) => handle(event, validated(body, event.body)));
}

export function json(statusCode: number, body: unknown, headers: Record<string, string> = {}): HttpResponse {
  return { statusCode, headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) };
}

export function header({ headers }: HttpEvent, name: string): string | undefined {
  return headers[name];
}

/** The member that the path names. What is no member's id is nobody's: no table need be asked. */
export function memberId({ pathParameters }: HttpEvent): string {
  const id = pathParameters?.id ?? '';
  if (z.uuid().safeParse(id).success) return id;
  throw notFound('member of that id');
}

/** Of the headers that middy knows, those that mean something for JSON; the rest is for pages. */
const headers = httpSecurityHeaders({
  contentSecurityPolicy: false,
  crossOriginEmbedderPolicy: false,
  crossOriginOpenerPolicy: false,
  crossOriginResourcePolicy: false,
  dnsPrefetchControl: false,
  downloadOptions: false,
  frameOptions: false,
  originAgentCluster: false,
  permissionsPolicy: false,
  permittedCrossDomainPolicies: false,
  xssProtection: false,
});

const bodyLimit: MiddlewareObj<HttpEvent, HttpResponse> = {
  before({ event: { body = '', isBase64Encoded } }) {
    if (Buffer.byteLength(body, isBase64Encoded ? 'base64' : 'utf8') > MAX_BODY_BYTES) {
      throw new Problem(413, 'body-too-large', `The body may have at most ${MAX_BODY_BYTES} bytes.`);
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

/** What DynamoDB says when it is asked too much, after the SDK and `transact` have tried again. */
const BUSY = new Set([
  'ProvisionedThroughputExceededException',
  'RequestLimitExceeded',
  'ThrottlingException',
  'TransactionCanceledException',
]);

/** Middy's parser raises http-errors: 415 for the media type, 422 for what is no JSON, which is a 400 here. */
function toProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  const status = (error as { statusCode?: number }).statusCode;
  if (status === 415) {
    return new Problem(415, 'unsupported-media-type', 'Send the body as application/json.', {
      headers: { accept: 'application/json' },
      cause: error,
    });
  }
  if (status === 422 || status === 400)
    return new Problem(400, 'malformed-json', 'The body is no JSON that can be read.', { cause: error });
  if (BUSY.has((error as Error).name)) {
    return new Problem(503, 'busy', 'The service is busy. Try again.', {
      headers: { 'retry-after': '1' },
      cause: error,
    });
  }
  return new Problem(500, 'internal', 'Something went wrong on our side. Try again.', { cause: error });
}

function validated<S extends z.ZodType>(schema: S, value: unknown): z.output<S> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new Problem(422, 'invalid', 'The body is not as it should be; see errors.', {
    errors: result.error.issues.map(({ path, message }) => ({ pointer: pointer(path), detail: message })),
  });
}

/** RFC 6901, as a URI fragment. */
const pointer = (path: readonly PropertyKey[]) =>
  `#${path.map((key) => `/${encodeURIComponent(String(key).replaceAll('~', '~0').replaceAll('/', '~1'))}`).join('')}`;
