import type { ServerResponse } from 'node:http';
import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';

/** UNKNOWN, INTERNAL, UNAVAILABLE and DATA_LOSS: https://grpc.io/docs/guides/status-codes/ */
const GRPC_FAULTS = new Set(['2', '13', '14', '15']);

/** What went wrong in a function by its own word: a status of HTTP, with the type of its problem, or one of gRPC-Web. */
export function faultIn(said: APIGatewayProxyStructuredResultV2): string | undefined {
  const { statusCode = 200, isBase64Encoded } = said;
  const [headers, body] = [said.headers ?? {}, said.body ?? ''];
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

/** The type of a problem (RFC 9457); nothing, if the function says none. */
function problemIn(body: string): string | undefined {
  try {
    return (JSON.parse(body) as { type?: string } | null)?.type;
  } catch {
    return undefined;
  }
}

/**
 * Answers what a function said; all of it is the body, if it has no status
 * (https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html).
 * @param hasCors of the API (https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html)
 * @returns why it cannot be answered; nothing, if it was
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
  if (!Number.isInteger(Number(statusCode))) return `the status ${statusCode}`;
  if (typeof body !== 'string') return 'a body that is no string';
  const content = Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8');
  try {
    for (const [name, value] of Object.entries(headers)) {
      // Where an API has CORS, what the function says of it is ignored.
      if (hasCors && name.toLowerCase().startsWith('access-control-')) continue;
      // What CORS said of it stays.
      if (name.toLowerCase() === 'vary') response.appendHeader(name, String(value));
      else response.setHeader(name, String(value));
    }
    if (cookies.length > 0) response.setHeader('set-cookie', cookies);
    // Of an answer without a body, HTTP knows no length.
    if (![204, 304].includes(Number(statusCode))) response.setHeader('content-length', content.length);
    response.writeHead(Number(statusCode)).end(content);
    return undefined;
  } catch (error) {
    // Node.js refuses names, values and statuses that HTTP has not.
    for (const name of [...Object.keys(headers), 'set-cookie']) response.removeHeader(name);
    return (error as Error).message;
  }
}
