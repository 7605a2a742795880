import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { AccessDenied } from '../iam/access.ts';
import { createGuardedServer } from '../server/guard.ts';
import { readBody } from '../server/read-body.ts';
import { denied, send, sendError } from './answers.ts';
import { assumeRole } from './assume-role.ts';
import { invoke, invokedBy } from './invoke.ts';
import type { EndpointOptions } from './options.ts';
import { forward } from './service-call.ts';
import { targetOf } from './targets.ts';
import { Upstream } from './upstream.ts';

/** The one endpoint for every AWS service that the embedded cloud has. Under `/_rollcall` it tells about itself. */
export function createEndpoint(options: EndpointOptions): Server {
  const upstream = new Upstream(options);
  return createGuardedServer((request, response) => {
    handle(options, upstream, request, response).catch((error: Error) => {
      if (response.headersSent) return response.destroy();
      if (error instanceof AccessDenied) return send(response, denied('lambda', error));
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
  if (control.takes(path)) return control.answer(request, response);
  if (path.startsWith('/issuer/')) return issuer.answer(path.slice('/issuer'.length), request, response);
  const body = (await readBody(request)) ?? Buffer.alloc(0);
  const name = invokedBy(path);
  if (name) return invoke(options, request, response, name, body);
  const target = targetOf(options, request, body);
  if (target?.operation === 'AssumeRole') return assumeRole(access, response, body);
  if (!target) return unknown(response);
  try {
    await forward(options, upstream, { request, response, body, target });
  } catch (error) {
    if (!(error instanceof AccessDenied)) throw error;
    send(response, denied(target.service, error));
  }
}

function unknown(response: ServerResponse): void {
  sendError(
    response,
    400,
    'UnknownOperationException',
    'The embedded cloud has DynamoDB, DynamoDB Streams, SNS, SQS, S3, Lambda Invoke, a little of Secrets Manager and Cloud Map, and what the app runs beside it; this request is for none of them.',
  );
}
