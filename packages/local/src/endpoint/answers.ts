import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import { awsError } from '../errors/aws-error.ts';
import type { AccessDenied } from '../iam/access.ts';

/** A response to a caller. */
export interface Reply {
  status: number;
  headers: IncomingHttpHeaders;
  body: string | Buffer;
}

export function send(response: ServerResponse, { status, headers, body }: Reply): void {
  response.writeHead(status, headers).end(body);
}

export function sendError(response: ServerResponse, status: number, code: string, message: string): void {
  response
    .writeHead(status, { 'content-type': 'application/x-amz-json-1.1', 'x-amzn-errortype': code })
    .end(JSON.stringify({ __type: code, message, Message: message }));
}

/** The access-denied error, in the format of the given service. */
export function deniedError(service: string, { message }: AccessDenied) {
  if (service === 'sns') return awsError(service, { status: 403, code: 'AuthorizationError', message });
  if (service === 's3') return awsError(service, { status: 403, code: 'AccessDenied', message });
  return awsError(service, { status: service === 'dynamodb' ? 400 : 403, code: 'AccessDeniedException', message });
}
