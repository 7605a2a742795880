import type { IncomingMessage, ServerResponse } from 'node:http';
import type { LambdaFunction } from '../lambda/function.ts';
import { sendError } from './answers.ts';
import { authorize } from './callers.ts';
import type { EndpointOptions } from './options.ts';

const PATH = /^\/2015-03-31\/functions\/([^/]+)\/invocations$/;

/** The function that a path invokes, by name or ARN; nothing, if it is another path. */
export const invokedBy = (path: string): string | undefined => PATH.exec(decodeURIComponent(path))?.[1];

/** https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html */
export async function invoke(
  { calls, functions, access }: Pick<EndpointOptions, 'calls' | 'functions' | 'access'>,
  request: IncomingMessage,
  response: ServerResponse,
  name: string,
  body: Buffer,
): Promise<void> {
  if (request.method !== 'POST')
    return sendError(response, 405, 'MethodNotAllowedException', 'Functions are invoked by POST.');
  calls.count('lambda', 'Invoke');
  const fn = functions.get(name.replace(/^.*:function:/, '').replace(/:\$LATEST$/, ''));
  if (!fn) {
    const message = `Function not found: ${name}. There are: ${[...functions.keys()].join(', ')}`;
    return sendError(response, 404, 'ResourceNotFoundException', message);
  }
  authorize(access, request, 'lambda', () => [{ action: 'lambda:InvokeFunction', resource: fn.settings.arn }]);
  const payload = body.length > 0 ? body.toString() : '{}';
  switch (request.headers['x-amz-invocation-type']) {
    case 'DryRun':
      response.writeHead(204).end();
      return;
    case 'Event':
      response.writeHead(202).end();
      await fn.invoke(payload);
      return;
    default:
      return waitFor(fn, payload, response);
  }
}

async function waitFor(fn: LambdaFunction, payload: string, response: ServerResponse): Promise<void> {
  const result = await fn.invoke(payload);
  response
    .writeHead(200, {
      'content-type': 'application/json',
      'x-amz-executed-version': '$LATEST',
      ...(!result.ok && { 'x-amz-function-error': 'Unhandled' }),
    })
    .end(result.payload);
}
