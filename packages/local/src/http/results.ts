import type { ServerResponse } from 'node:http';
import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';

/**
 * The gRPC status codes of failures: UNKNOWN, INTERNAL, UNAVAILABLE and DATA_LOSS
 * (https://grpc.io/docs/guides/status-codes/).
 */
const GRPC_FAULTS = new Set(['2', '13', '14', '15']);

/**
 * Describes the failure in a function's response; undefined if the response contains no failure. The description is an
 * HTTP status of 500 or higher, with the type of the problem, or a gRPC-Web status.
 */
export function faultIn(result: APIGatewayProxyStructuredResultV2): string | undefined {
  const { statusCode = 200, isBase64Encoded } = result;
  const [headers, body] = [result.headers ?? {}, result.body ?? ''];
  const type = String(headers['content-type'] ?? '');
  const text = Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8').toString('latin1');
  if (statusCode >= 500) {
    const problem = type === 'application/problem+json' ? problemIn(text) : undefined;
    return problem === undefined ? `${statusCode}` : `${statusCode} (${problem})`;
  }
  if (!type.startsWith('application/grpc-web')) return undefined;
  const status = headers['grpc-status'] ?? /grpc-status: ?(\d+)/.exec(text)?.[1];
  return GRPC_FAULTS.has(String(status)) ? `grpc-status ${status}` : undefined;
}

/** The type of a problem (RFC 9457); undefined if there is none. */
function problemIn(body: string): string | undefined {
  try {
    return (JSON.parse(body) as { type?: string } | null)?.type;
  } catch {
    return undefined;
  }
}

/**
 * Sends a function's response. A value without a status code becomes the body of a response with status 200
 * (https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html).
 * @param hasCors whether the API has CORS
 * (https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html)
 * @returns the reason why the response cannot be sent; undefined: the response was sent
 */
export function respond(
  response: ServerResponse,
  result: APIGatewayProxyStructuredResultV2 | string | null,
  hasCors = false,
): string | undefined {
  if (typeof result !== 'object' || result === null || !('statusCode' in result)) {
    const body = Buffer.from(typeof result === 'string' ? result : JSON.stringify(result));
    response.setHeader('content-length', body.length);
    response.writeHead(200, { 'content-type': 'application/json' }).end(body);
    return undefined;
  }
  const { statusCode = 200, isBase64Encoded } = result;
  const [headers, cookies, body] = [result.headers ?? {}, result.cookies ?? [], result.body ?? ''];
  if (!Number.isInteger(Number(statusCode))) return `its status code is ${statusCode}`;
  if (typeof body !== 'string') return 'its body is not a string';
  const content = Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8');
  try {
    for (const [name, value] of Object.entries(headers)) {
      // If the API has CORS, the function's CORS headers are ignored.
      if (hasCors && name.toLowerCase().startsWith('access-control-')) continue;
      // `appendHeader` keeps the `Vary` header of CORS.
      if (name.toLowerCase() === 'vary') response.appendHeader(name, String(value));
      else response.setHeader(name, String(value));
    }
    if (cookies.length > 0) response.setHeader('set-cookie', cookies);
    // A response with one of these statuses has no body and no Content-Length.
    if (![204, 304].includes(Number(statusCode))) response.setHeader('content-length', content.length);
    response.writeHead(Number(statusCode)).end(content);
    return undefined;
  } catch (error) {
    // Node.js rejects invalid header names, values and statuses. The caller then sends an error response, which must
    // not contain the function's headers.
    for (const name of [...Object.keys(headers), 'set-cookie']) response.removeHeader(name);
    return (error as Error).message;
  }
}
