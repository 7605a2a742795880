import { randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { LambdaFunction } from '../lambda/function.ts';
import { matchesPrefix, parseFunctionName } from '../lambda/function-names.ts';
import type { InvocationOptions } from '../lambda/instance.ts';
import { sendError } from './answers.ts';
import { authorize } from './callers.ts';
import type { EndpointOptions } from './options.ts';

const PATH = /^\/2015-03-31\/functions\/([^/]+)\/invocations$/;

/** https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html#function-configuration-deployment-and-execution */
const MAX_PAYLOAD_BYTES = { RequestResponse: 6 * 1024 ** 2, Event: 1024 ** 2, DryRun: 6 * 1024 ** 2 };
/** Maximum size of the log in a response. */
const TAIL_BYTES = 4096;

/** The name or ARN of the function that a path invokes; undefined for any other path. */
export const functionNameIn = (path: string): string | undefined => PATH.exec(decodeURIComponent(path))?.[1];

/** Implements https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html. */
export async function invoke(
  { calls, functions, access }: Pick<EndpointOptions, 'calls' | 'functions' | 'access'>,
  request: IncomingMessage,
  response: ServerResponse,
  name: string,
  body: Buffer,
): Promise<void> {
  if (request.method !== 'POST')
    return sendError(response, 405, 'MethodNotAllowedException', 'The method to invoke a function is POST.');
  calls.count('lambda', 'Invoke');
  const { functionName, qualifier: qualifierInName, prefix } = parseFunctionName(name);
  const fn = functions.get(functionName);
  const qualifier = qualifierInName ?? new URLSearchParams(request.url?.split('?')[1]).get('Qualifier') ?? '$LATEST';
  const isFound = fn && matchesPrefix(prefix, fn.settings.arn);
  const version = fn?.qualifiers.get(qualifier);
  if (!isFound || version === undefined) {
    const available = [...(isFound ? fn.qualifiers : functions).keys()].join(', ');
    const message = `Function not found: ${isFound ? `${fn.settings.arn}:${qualifier}` : name}. There are: ${available}.`;
    return sendError(response, 404, 'ResourceNotFoundException', message);
  }
  const resource = qualifier === '$LATEST' ? fn.settings.arn : `${fn.settings.arn}:${qualifier}`;
  authorize(access, request, 'lambda', () => [{ action: 'lambda:InvokeFunction', resource }]);
  await invokeByType({ fn, version }, request, response, body.length > 0 ? body.toString() : '{}');
}

type InvocationType = keyof typeof MAX_PAYLOAD_BYTES;

interface InvocationTarget {
  fn: LambdaFunction;
  /** The version of the function: `$LATEST` or a number. */
  version: string;
}

async function invokeByType(
  target: InvocationTarget,
  { headers }: IncomingMessage,
  response: ServerResponse,
  payload: string,
) {
  const type = String(headers['x-amz-invocation-type'] ?? 'RequestResponse') as InvocationType;
  const logType = headers['x-amz-log-type'] ?? 'None';
  const clientContext = clientContextIn(headers);
  const invalid = (message: string) => sendError(response, 400, 'InvalidParameterValueException', message);
  if (!Object.hasOwn(MAX_PAYLOAD_BYTES, type)) return invalid(`There is no invocation type ${type}.`);
  if (logType !== 'None' && logType !== 'Tail') return invalid(`There is no log type ${logType}.`);
  if (clientContext === 'invalid') return invalid('The client context is not Base64-encoded JSON.');
  const limit = MAX_PAYLOAD_BYTES[type];
  if (Buffer.byteLength(payload) > limit) {
    const message = `Request must be smaller than ${limit} bytes for the InvokeFunction operation`;
    return sendError(response, 413, 'RequestTooLargeException', message);
  }
  const error = jsonErrorIn(payload);
  if (error !== undefined)
    return sendError(
      response,
      400,
      'InvalidRequestContentException',
      `Could not parse request body into json: ${error}`,
    );
  switch (type) {
    case 'DryRun':
      response.writeHead(204).end();
      return;
    case 'Event':
      response.writeHead(202).end();
      await target.fn.asynchronous.run(payload);
      return;
    default:
      return invokeAndRespond(target, payload, { tail: logType === 'Tail' ? [] : undefined, clientContext }, response);
  }
}

/** @returns the error of the JSON parser; undefined if the payload is JSON */
function jsonErrorIn(payload: string): string | undefined {
  try {
    JSON.parse(payload);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

/** @returns the parsed client context; undefined if there is none; `invalid` if it is not Base64-encoded JSON */
function clientContextIn({ 'x-amz-client-context': header }: IncomingHttpHeaders): unknown {
  if (header === undefined) return undefined;
  const text = Buffer.from(String(header), 'base64').toString();
  return jsonErrorIn(text) === undefined ? JSON.parse(text) : 'invalid';
}

async function invokeAndRespond(
  { fn, version }: InvocationTarget,
  payload: string,
  options: InvocationOptions,
  response: ServerResponse,
) {
  const requestId = randomUUID();
  const { tail: log } = options;
  const result = await fn.invoke(payload, requestId, options);
  response
    .writeHead(200, {
      'content-type': 'application/json',
      'x-amzn-requestid': requestId,
      'x-amz-executed-version': version,
      ...(log && {
        'x-amz-log-result': Buffer.from(`${log.join('\n')}\n`)
          .subarray(-TAIL_BYTES)
          .toString('base64'),
      }),
      ...(!result.ok && { 'x-amz-function-error': 'Unhandled' }),
    })
    .end(result.payload);
}
