import {
  Code,
  ConnectError,
  type ConnectRouter,
  createConnectRouter,
  createContextKey,
  createContextValues,
  type HandlerContext,
} from '@connectrpc/connect';
import { createFetchHandler } from '@connectrpc/connect/protocol';
import { problemType } from '@rollcall/kit/contracts';
import { type HttpEvent, type HttpResponse, httpFunction, type Problem, toProblem } from '@rollcall/kit/http';
import type { Logger } from '@rollcall/kit/observability';
import type { ProblemDetail } from '../../shared/contracts/generated/rollcall/members/v1/member_service_pb.ts';
import { ProblemDetailSchema } from '../../shared/contracts/generated/rollcall/members/v1/member_service_pb.ts';
import type { ProblemCode } from '../../shared/contracts/problem.ts';

/** The longest delay of a Node.js timer. A timer with a longer delay fires immediately. */
const MAX_TIMEOUT_MS = 2 ** 31 - 1;
const MAX_BODY_BYTES = 64 * 1024;
const EVENT = createContextKey<HttpEvent | undefined>(undefined);

/** The HTTP API event of a call. */
export const eventOf = ({ values }: HandlerContext): HttpEvent => values.get(EVENT) as HttpEvent;

/**
 * Creates a function that serves unary Connect and gRPC-Web calls behind the HTTP API. gRPC itself needs HTTP/2
 * trailers, which neither HTTP APIs nor function URLs support.
 */
export function rpcEndpoint(routes: (router: ConnectRouter) => void) {
  const router = createConnectRouter({
    grpc: false,
    readMaxBytes: MAX_BODY_BYTES,
    maxTimeoutMs: MAX_TIMEOUT_MS,
  });
  routes(router);
  const handlers = new Map(router.handlers.map((handler) => [handler.requestPath, handler]));

  return httpFunction(async (event): Promise<HttpResponse> => {
    const handle = handlers.get(event.rawPath);
    if (!handle) return { statusCode: 404 };
    const contextValues = createContextValues().set(EVENT, event);
    const request = requestOf(event);
    if (!request) return invalidArgument('The request cannot be read.');
    const response = await createFetchHandler((call) => handle({ ...call, contextValues }))(request);
    const body = Buffer.from(await response.arrayBuffer());
    if (response.status === 500 && MALFORMED_PROTOBUF.test(body.toString()))
      return invalidArgument('The body is not valid Protobuf.');
    return {
      statusCode: response.status,
      headers: Object.fromEntries(response.headers),
      body: body.toString('base64'),
      isBase64Encoded: true,
    };
  });
}

/** Connect reports malformed Protobuf as an internal error, although the caller caused the error. */
const MALFORMED_PROTOBUF = /"message":"parse binary: /;

/**
 * Converts an event to a request. Returns undefined if the request is invalid, for example if it has a body that its
 * method does not allow, or a header with invalid characters.
 */
function requestOf(event: HttpEvent): Request | undefined {
  const { rawPath, rawQueryString, headers, body, isBase64Encoded, requestContext } = event;
  try {
    return new Request(`http://${requestContext.domainName}${rawPath}?${rawQueryString}`, {
      method: requestContext.http.method,
      headers: headers as Record<string, string>,
      ...(body !== undefined && { body: Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8') }),
    });
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}

/** Creates an error response in Connect's format (https://connectrpc.com/docs/protocol/#error-end-stream). */
function invalidArgument(message: string): HttpResponse {
  const error = JSON.stringify({ code: 'invalid_argument', message });
  return {
    statusCode: 400,
    headers: { 'content-type': 'application/json' },
    body: Buffer.from(error).toString('base64'),
    isBase64Encoded: true,
  };
}

/** The gRPC codes of problems (https://grpc.io/docs/guides/status-codes/). */
const CODES: Record<ProblemCode, Code> = {
  'malformed-json': Code.InvalidArgument,
  'invalid-header': Code.InvalidArgument,
  invalid: Code.InvalidArgument,
  'unsupported-media-type': Code.InvalidArgument,
  'not-acceptable': Code.InvalidArgument,
  'method-not-allowed': Code.Unimplemented,
  'body-too-large': Code.ResourceExhausted,
  'not-found': Code.NotFound,
  'phone-taken': Code.AlreadyExists,
  'idempotency-key-reused': Code.FailedPrecondition,
  'precondition-required': Code.FailedPrecondition,
  'not-enough-points': Code.FailedPrecondition,
  'account-closed': Code.FailedPrecondition,
  'version-mismatch': Code.Aborted,
  'deadline-passed': Code.DeadlineExceeded,
  'too-many-requests': Code.ResourceExhausted,
  'read-only': Code.Unavailable,
  busy: Code.Unavailable,
  internal: Code.Internal,
};

/** A problem as an RPC error. */
export function problemError(problem: Problem): ConnectError {
  const { code, message, errors = [] } = problem;
  const value = { type: problemType(code), detail: message, violations: errors } satisfies Partial<
    Omit<ProblemDetail, '$typeName' | 'violations'>
  > & { violations: unknown };
  return new ConnectError(
    message,
    CODES[code as ProblemCode] ?? Code.Unknown,
    undefined,
    [{ desc: ProblemDetailSchema, value }],
    problem,
  );
}

/**
 * Runs a call until its deadline (`connect-timeout-ms`, `grpc-timeout`). Work that the call has started may take effect
 * after the deadline, so the caller should retry with the same idempotency key.
 * @throws {ConnectError} an error that `problemError` created, or an error with the code DEADLINE_EXCEEDED
 */
export async function serveCall<T>(logger: Logger, { signal, method }: HandlerContext, work: () => Promise<T>) {
  const { promise: deadline, reject } = Promise.withResolvers<never>();
  const onAbort = () => reject(signal.reason);
  signal.addEventListener('abort', onAbort);
  try {
    return await Promise.race([work(), deadline]);
  } catch (error) {
    if (error instanceof ConnectError) throw error;
    const problem = toProblem(error);
    if (problem.status >= 500) logger.error('call failed', { error: error as Error, method: method.name });
    throw problemError(problem);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
