import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { AccessDenied } from '../iam/access.ts';
import { createGuardedServer } from '../server/guard.ts';
import { readBody } from '../server/read-body.ts';
import { deniedError, send, sendError } from './answers.ts';
import { assumeRole } from './assume-role.ts';
import { functionNameIn, invoke } from './invoke.ts';
import { encodingError, jsonError } from './malformed.ts';
import type { EndpointOptions } from './options.ts';
import { queryIn } from './query.ts';
import { respondTo } from './service-call.ts';
import { jsonCall } from './sqs-query-request.ts';
import { xmlResponse } from './sqs-query-response.ts';
import { targetOf } from './targets.ts';
import { unsupportedError, unsupportedS3Error } from './unsupported.ts';
import { Upstream } from './upstream.ts';

/**
 * Creates the endpoint for all AWS services of the embedded cloud. The endpoint also serves the control API and, under
 * `/issuer/`, the token issuer.
 */
export function createEndpoint(options: EndpointOptions): Server {
  const upstream = new Upstream(options);
  return createGuardedServer((request, response) => {
    handle(options, upstream, request, response).catch((error: Error) => {
      if (response.headersSent) return response.destroy();
      if (error instanceof AccessDenied) return send(response, deniedError('lambda', error));
      if (error instanceof URIError) return send(response, encodingError(request));
      sendError(response, 503, 'ServiceUnavailable', error.message);
    });
  }).on('close', () => upstream.close());
}

async function handle(
  options: EndpointOptions,
  upstream: Upstream,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { control, issuer, access } = options;
  const path = (request.url ?? '/').split('?')[0] ?? '/';
  if (control.handles(path)) return control.answer(request, response);
  if (path.startsWith('/issuer/')) return issuer.handle(path.slice('/issuer'.length), request, response);
  const body = (await readBody(request)) ?? Buffer.alloc(0);
  const name = functionNameIn(path);
  if (name) return invoke(options, request, response, name, body);
  const query = request.headers['x-amz-target'] ? undefined : queryIn(request, body);
  const target = targetOf(options, request, query);
  if (!target) return send(response, unsupportedError(request, query));
  if (target.s3?.unsupported) return send(response, unsupportedS3Error(target.s3.unsupported));
  if (target.operation === 'AssumeRole') return assumeRole(access, response, body);
  const isQuery = query !== undefined && target.service === 'sqs';
  const call = isQuery ? jsonCall(query, path, request.headers) : { headers: request.headers, body };
  const answer = await respondTo(options, upstream, { request, response, target, ...call }).catch((error: Error) => {
    if (error instanceof AccessDenied) return deniedError(target.service, error);
    const invalid = jsonError(target.service, call.body);
    if (invalid) return invalid;
    throw error;
  });
  if (answer) send(response, isQuery ? xmlResponse(target.operation, answer) : answer);
}
