import type { IncomingMessage, ServerResponse } from 'node:http';

/** Data about a request, collected for the function's event and for the access log. */
export interface GatewayCall {
  requestId: string;
  startedAt: number;
  request: IncomingMessage;
  api: { id: string; accountId: string };
  stage: string;
  /** The path of the URL, including the stage's name if the URL contains it. */
  path: string;
  routeKey?: string;
  authorizer?: { jwt?: { claims: Record<string, string> }; iam?: { userArn: string; userId: string } };
  /** The error with which API Gateway itself responded. */
  error?: string;
  authorizerError?: string;
  integration?: { requestId: string; ms: number; status?: number; error?: string };
}

/** Logs a request after its response is sent, or after the client disconnects. */
export type AccessLog = (call: GatewayCall, response: ServerResponse) => void;

type Value = string | number | undefined;

const DAY_MONTH = { day: '2-digit', month: 'short', year: 'numeric' } as const;
const CLF = new Intl.DateTimeFormat('en-GB', { ...DAY_MONTH, timeZone: 'UTC' });

/** Formats a time in Common Log Format: `30/Nov/2026:04:10:00 +0000`. */
export const clfTime = (at: number): string =>
  `${CLF.format(at).replaceAll(' ', '/')}:${new Date(at).toISOString().slice(11, 19)} +0000`;

/** The `$context` variables of an HTTP API. Unknown variables, and variables without a value, are logged as `-`. */
const VARIABLES: Readonly<Record<string, (call: GatewayCall, response: ServerResponse) => Value>> = {
  accountId: ({ api }) => api.accountId,
  apiId: ({ api }) => api.id,
  'authorizer.error': ({ authorizerError }) => authorizerError,
  awsEndpointRequestId: ({ integration }) => integration?.requestId,
  domainName: ({ request }) => request.headers.host,
  domainPrefix: ({ api }) => api.id,
  'error.message': ({ error }) => error,
  'error.messageString': ({ error }) => error && JSON.stringify(error),
  extendedRequestId: ({ requestId }) => requestId,
  httpMethod: ({ request }) => request.method,
  'identity.caller': ({ authorizer }) => authorizer?.iam?.userId,
  'identity.sourceIp': ({ request }) => request.socket.remoteAddress,
  'identity.user': ({ authorizer }) => authorizer?.iam?.userId,
  'identity.userAgent': ({ request }) => request.headers['user-agent'],
  'identity.userArn': ({ authorizer }) => authorizer?.iam?.userArn,
  'integration.error': ({ integration }) => integration?.error,
  'integration.integrationStatus': ({ integration }) => integration && LAMBDA_STATUS,
  'integration.latency': ({ integration }) => integration?.ms,
  'integration.requestId': ({ integration }) => integration?.requestId,
  'integration.status': ({ integration }) => integration?.status,
  integrationErrorMessage: ({ integration }) => integration?.error,
  integrationLatency: ({ integration }) => integration?.ms,
  integrationStatus: ({ integration }) => integration && LAMBDA_STATUS,
  path: ({ path }) => path,
  protocol: ({ request }) => `HTTP/${request.httpVersion}`,
  requestId: ({ requestId }) => requestId,
  requestTime: ({ startedAt }) => clfTime(startedAt),
  requestTimeEpoch: ({ startedAt }) => startedAt,
  responseLatency: ({ startedAt }) => Date.now() - startedAt,
  responseLength: (_, response) => Number(response.getHeader('content-length') ?? 0),
  routeKey: ({ routeKey }) => routeKey,
  stage: ({ stage }) => stage,
  // If the client disconnects before a response, there is no status.
  status: (_, response) => (response.headersSent ? response.statusCode : undefined),
};

/** The status with which Lambda itself responds, even if the function fails. */
const LAMBDA_STATUS = 200;

const VARIABLE = /\$context\.([a-zA-Z0-9_.-]*[a-zA-Z0-9_-])/;

/**
 * Creates an access log with one line per request
 * (https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-logging-variables.html).
 * @param format a format string with variables, such as `$context.requestId $context.status`
 */
export function createAccessLog(format: string, write: (line: string) => void): AccessLog {
  // Every second part is a variable name.
  const parts = format.split(VARIABLE).map((part, index) => (index % 2 === 0 ? () => part : variable(part)));
  return (call, response) => write(parts.map((part) => part(call, response) ?? '-').join(''));
}

function variable(name: string): (call: GatewayCall, response: ServerResponse) => Value {
  const claim = /^authorizer\.claims\.(.+)$/.exec(name)?.[1];
  if (claim !== undefined) return ({ authorizer }) => authorizer?.jwt?.claims[claim];
  return VARIABLES[name] ?? (() => undefined);
}
